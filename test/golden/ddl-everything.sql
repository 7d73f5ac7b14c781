-- Before the load

create extension if not exists "uuid-ossp"
with schema public;

create schema if not exists "trading";

create schema if not exists "ml";

create sequence "trading"."orders_id_seq"
  as bigint;

create table "trading"."orders" (
  "id" bigint not null default nextval('"trading"."orders_id_seq"'::regclass),
  "order_id" uuid not null default gen_random_uuid(),
  "parent" bigint,
  "price" numeric(20,8),
  "total" numeric generated always as ("price" * 2) stored,
  "select" character varying(20),
  "at" timestamp with time zone
);

alter sequence "trading"."orders_id_seq"
  owned by "trading"."orders"."id";

comment on table "trading"."orders"
  is 'every order';

comment on column "trading"."orders"."select"
  is E'it''s \\ reserved';

create sequence "ml"."predictions_id_seq"
  as bigint;

create table "ml"."predictions" (
  "id" bigint not null default nextval('"ml"."predictions_id_seq"'::regclass),
  "timestamp" timestamp with time zone not null,
  "order_id" uuid,
  "order" bigint
)
partition by range ("timestamp");

alter sequence "ml"."predictions_id_seq"
  owned by "ml"."predictions"."id";

create table "ml"."predictions_2024_01"
  partition of "ml"."predictions"
  for values from ('2024-01-01 00:00:00+00') to ('2024-02-01 00:00:00+00');

create table "ml"."predictions_default"
  partition of "ml"."predictions"
  default;

-- After the load

alter table "trading"."orders"
  add constraint "orders_pkey"
  primary key ("id");

alter table "ml"."predictions"
  add constraint "predictions_pkey"
  primary key ("id", "timestamp");

alter table "trading"."orders"
  add constraint "orders_order_id_key"
  unique ("order_id");

alter table "trading"."orders"
  add constraint "orders_at_key"
  unique nulls not distinct ("at", "select");

alter table "trading"."orders"
  add constraint "orders_price_check"
  check ("price" >= 0)
  not valid;

alter table "trading"."orders"
  validate constraint "orders_price_check";

alter table "ml"."predictions"
  add constraint "predictions_check"
  check ("id" > 0)
  not valid;

alter table "ml"."predictions"
  validate constraint "predictions_check";

create unique index "orders_lower_idx"
  on "trading"."orders" ((lower("select")), "at" desc, "select" collate "C")
  where "price" > 0;

create index "predictions_timestamp_idx"
  on "ml"."predictions" ("timestamp" desc);

alter table "trading"."orders"
  add constraint "orders_parent_fkey"
  foreign key ("parent")
  references "trading"."orders" ("id")
  on delete set null
  deferrable initially deferred
  not valid;

alter table "ml"."predictions"
  add constraint "predictions_order_id_fkey"
  foreign key ("order_id")
  references "trading"."orders" ("order_id")
  on delete cascade
  on update cascade;

alter table "ml"."predictions_2024_01"
  add constraint "predictions_order_fkey"
  foreign key ("order")
  references "trading"."orders" ("id")
  not valid;

alter table "ml"."predictions_default"
  add constraint "predictions_order_fkey"
  foreign key ("order")
  references "trading"."orders" ("id")
  not valid;
