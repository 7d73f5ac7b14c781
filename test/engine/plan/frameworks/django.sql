create table "shop_product" (
  "id" integer not null primary key autoincrement,
  "sku" varchar(32) not null unique,
  "slug" varchar(50) not null check ("slug" REGEXP '^[a-z-]+$'),
  "price" decimal not null,
  "discount" decimal null,
  "stock" integer unsigned not null check ("stock" >= 0),
  "weight" real null,
  "attributes" text not null check ((JSON_VALID("attributes") OR "attributes" IS NULL)),
  "status" varchar(10) not null default 'draft',
  "is_active" bool not null,
  "created" datetime not null default (STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')),
  "starts" date null,
  "ends" date null,
  "label" varchar(100) generated always as (COALESCE("sku", '') || COALESCE(': ' || COALESCE("status", ''), '')) stored,
  "name_lower" varchar(50) generated always as (LOWER("slug")) virtual,
  "saved" decimal generated always as (CAST(("price" - "discount") AS NUMERIC)) stored,
  constraint "price_not_negative" check ("price" >= '0'),
  constraint "discount_below_price" check ("discount" < "price"),
  constraint "status_known" check ("status" IN ('draft', 'live', 'gone')),
  constraint "ends_after_start" check (("starts" IS NULL OR "ends" IS NULL OR "ends" >= "starts")),
  constraint "live_has_start" check (NOT ("status" = 'live' AND "starts" IS NULL)),
  constraint "no_blank_sku" check (NOT ("sku" = '')),
  constraint "sku_prefix" check ("sku" LIKE 'A%' ESCAPE '\'),
  constraint "one_of" check ((("weight" IS NULL AND "discount" IS NOT NULL) OR ("weight" IS NOT NULL AND "discount" IS NULL) OR "weight" > 10.0)),
  constraint "active_in" check ("is_active" IN (0, 1)),
  constraint "not_before" check ("starts" >= '2020-01-01'),
  constraint "sum_positive" check (("stock" + "id") > 0),
  constraint "even_stock" check (("stock" % 2) = 0)
);
create unique index "sku_lower" on "shop_product" (LOWER("sku"));
create unique index "one_live" on "shop_product" ("slug") where "status" = 'live';
create index "active" on "shop_product" ("created" desc) where "is_active";
create index "inactive" on "shop_product" ("starts") where NOT "is_active";
create index "cheap" on "shop_product" ("price") where "price" < '10';
create index "named" on "shop_product" (COALESCE("weight", 0.0));
create index "length_of" on "shop_product" (LENGTH("sku"));
create table "shop_order" (
  "id" integer not null primary key autoincrement,
  "uuid" char(32) not null unique,
  "quantity" smallint unsigned not null check ("quantity" >= 0),
  "unit_price" decimal not null,
  "paid_at" datetime null,
  "cancelled_at" datetime null,
  "duration" bigint null,
  "total" decimal generated always as (("quantity" * "unit_price")) stored,
  constraint "paid_or_cancelled" check (("paid_at" IS NULL) <> ("cancelled_at" IS NULL)),
  constraint "cancelled_later" check ("cancelled_at" > "paid_at"),
  constraint "duration_range" check ("duration" BETWEEN 0 AND 86400000000),
  constraint "quantity_steps" check (("quantity" / 5) * 5 = "quantity"),
  constraint "total_cap" check (("quantity" * "unit_price") <= '10000')
);
create index "unpaid" on "shop_order" ("id") where ("paid_at" IS NULL AND "cancelled_at" IS NULL);
create index "by_day" on "shop_order" (django_datetime_cast_date("paid_at", 'UTC', 'UTC'));
