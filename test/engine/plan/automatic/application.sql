create table users(id integer primary key autoincrement, name varchar(20) not null collate nocase unique, email text unique, active boolean not null default 1 check (active in (0,1)), created_at datetime default current_timestamp, updated integer default (strftime('%s','now')*1000), balance decimal(10,2) default 0.0, meta json default '{}' check (json_valid(meta) or meta is null), kind text default "undefined" check(kind in ('a','b','undefined')), score real default (1.0/3), uid text default (lower(hex(randomblob(16)))), check (length(name) > 0 and balance >= 0), constraint name_ck check (name not like '%admin%' and name glob '[A-Za-z]*'));
insert into users(name,email,meta,updated) values('Bob','b@x','{"a":1}', 1700000000000),('Al',null,null,null);
create table orders(id integer primary key, user_id int not null references users on delete cascade, parent int references orders(id) deferrable initially deferred, qty int, price real, total real generated always as (qty*price) stored, label text as (upper(substr(note,1,3))) virtual, note text, "select" text, xmin int, "a""b" text, stamp datetime, unique(user_id, qty), foreign key (user_id) references users(id) on update set null);
insert into orders(id,user_id,qty,price,note,stamp) values(1,1,2,1.5,'hello','2024-01-01 10:00:00'),(2,1,3,2.5,'x','2024-01-02 10:00:00');
create unique index oi on orders(note) where qty > 0 and stamp >= '2024-01-01 00:00:00';
create index oj on orders(lower(note) desc, price desc);
create index ok on orders(note collate nocase);
create index ol on users(json_extract(meta,'$.a'));
create table k(a text, b int, v blob, primary key(a,b)) without rowid;
insert into k values('x',1,x'00');
create table m(a integer, b text, c); insert into m values(1,'x',1),('n/a',x'01',2.5);
create table nn(a int primary key not null, b text not null); 
create table p1(code text primary key, x int); insert into p1 values('5',1);
create table c1(code int references p1(code), n int references nope(id)); insert into c1 values(5,1);
create virtual table ft using fts5(title, body); insert into ft values('a','b');
create virtual table ftx using fts5(note, content='orders');
create virtual table rt using rtree(id, x0,x1); insert into rt values(1,0,1);
create view vv as select * from users;
create trigger tt after insert on users begin select 1; end;
create table defaults(key int, a text check(a > 'b'), b int check (b between 1 and 10 or b is null), c text check (typeof(c) in ('text', 'null')), d text check(printf('%x', c) > '5'),
  whole int default -5, quote text default 'it''s', local timestamp default (datetime('now','localtime')), iso text default (strftime('%Y-%m-%dT%H:%M:%fZ','now')), moment text default (datetime('now')),
  blob blob default x'00ff', rounded numeric(5,2) default 1.005, flag bool default 'true', today date default (date('now')), stamp text default CURRENT_TIMESTAMP, no int default false, five text default 5, zero datetime default 0,
  uid uuid default (lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))),2) || '-' || substr('89ab',abs(random()) % 4 + 1, 1) || substr(lower(hex(randomblob(2))),2) || '-' || lower(hex(randomblob(6)))),
  hex text default (lower(hex(randomblob(16)))), epoch int default (unixepoch()), julian real default (julianday('now')), millis integer default (CAST(strftime('%s','now') || substr(strftime('%f','now'),4) AS INTEGER)));
