import type { CatalogColumn } from '../../model/catalog.ts'

/**
 * What a declared column type means. SQLite takes any words for a type, so this knows the spellings that applications use and
 * falls back to the affinity. Invariant: it says what was meant, never what the column holds, which only the census knows.
 */
export type DeclaredType = {
  readonly family: TypeFamily
  /** Numbers in the parentheses: length, or precision and scale. */
  readonly arguments: readonly number[]
  /** Lower-case words without the parentheses. */
  readonly base: string
}

type TypeFamily =
  | 'integer'
  | 'boolean'
  | 'double'
  | 'decimal'
  | 'text'
  | 'date'
  | 'timestamp'
  | 'time'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'bytes'
  /** No declaration, or one that implies no type. */
  | 'none'

const spellings: readonly (readonly [TypeFamily, string])[] = [
  [
    'integer',
    'int,integer,bigint,smallint,mediumint,tinyint,int2,int4,int8,int16,int32,int64,uint,uint8,uint16,uint32,uint64,' +
      'long,short,byte,serial,bigserial,smallserial,big int,long int,counter,autonumber,autoinc,year,bigint unsigned',
  ],
  ['boolean', 'bool,boolean,logical,yesno'],
  ['double', 'real,float,float4,float8,double,double precision,single,binary_float,binary_double'],
  ['decimal', 'decimal,numeric,dec,number,fixed,money,smallmoney,currency,bigdecimal'],
  [
    'text',
    'text,varchar,varchar2,char,character,character varying,nchar,nvarchar,nvarchar2,varying character,native character,' +
      'char varying,clob,nclob,longtext,mediumtext,tinytext,ntext,string,longvarchar,long varchar,long text,citext,name,enum,set,bpchar,xml,url',
  ],
  ['date', 'date,newdate'],
  [
    'timestamp',
    'datetime,date time,datetime2,smalldatetime,datetimeoffset,timestamp,timestamptz,timestamp with time zone,' +
      'timestamp without time zone,timestamp with local time zone,datetime with time zone,datetimetz',
  ],
  ['time', 'time,timetz,time with time zone,time without time zone'],
  ['uuid', 'uuid,guid,uniqueidentifier'],
  ['json', 'json,json_text'],
  ['jsonb', 'jsonb'],
  [
    'bytes',
    'blob,tinyblob,mediumblob,longblob,bytea,binary,varbinary,longvarbinary,image,raw,long raw,geometry,point,' +
      'linestring,polygon,multipoint,multilinestring,multipolygon,geometrycollection,geomcollection,curve,surface,' +
      'multicurve,multisurface,compoundcurve,curvepolygon',
  ],
  ['none', 'any,variant,object,unknown'],
]

const families = new Map(
  spellings.flatMap(([family, names]) => names.split(',').map((name) => [name, family] as const)),
)

/** Words that other databases write after a type and that don't change what it holds. */
const decorations =
  /\b(unsigned|signed|zerofill|not|non|null|auto_increment|autoincrement|identity|binary|collate\s+\S+)\b/g

export function parseDeclaredType(column: Pick<CatalogColumn, 'declaredType' | 'affinity'>): DeclaredType {
  const written = column.declaredType
    .toLowerCase()
    .replaceAll(/["`[\]]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const parts = /^([^(]*)(?:\(([^)]*)\)?)?(.*)$/s.exec(written)
  const base = `${parts?.[1] ?? ''} ${parts?.[3] ?? ''}`.replaceAll(/\s+/g, ' ').trim()
  const numbers = (parts?.[2] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^\d{1,9}$/.test(part))
    .map(Number)
  return { family: familyOf(base, numbers, column.affinity), arguments: numbers, base }
}

function familyOf(base: string, numbers: readonly number[], affinity: CatalogColumn['affinity']): TypeFamily {
  if (base === '') return 'none'
  if (base === 'tinyint' && numbers[0] === 1) return 'boolean'
  if (base === 'bit') return (numbers[0] ?? 1) === 1 ? 'boolean' : 'bytes'
  const plain = families.has(base) ? base : base.replaceAll(decorations, '').replaceAll(/\s+/g, ' ').trim()
  const known = families.get(plain) ?? families.get(plain.split(' ')[0] ?? '')
  if (known !== undefined) return known
  switch (affinity) {
    case 'integer':
      return 'integer'
    case 'real':
      return 'double'
    case 'text':
      return 'text'
    case 'blob':
      return 'bytes'
    case 'numeric':
      return 'none'
    default:
      return affinity satisfies never
  }
}
