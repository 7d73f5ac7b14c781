create table "posts" ("id" integer primary key autoincrement not null, "title" varchar not null, "body" text, "state" integer default 0 not null, "score" float default 0.0, "price" decimal(8,2) default '0.0', "published" boolean default 0 not null, "published_at" datetime(6), "deleted_at" datetime(6), "settings" json default '{}', "tags" json default '[]' not null, "created_at" datetime(6) default CURRENT_TIMESTAMP not null,
  "slug" varchar generated always as (lower(replace(trim(title), ' ', '-'))) stored,
  "upcase_title" varchar generated always as (UPPER(title)) virtual,
  "title_length" integer generated always as (length(title)) virtual,
  "doubled" float generated always as (score * 2.0) virtual,
  constraint "chk_rails_title" check (length(title) > 0),
  constraint "chk_rails_state" check (state in (0, 1, 2)),
  constraint "chk_rails_price" check (price >= 0),
  constraint "chk_rails_price_cap" check (price < 1000.5),
  constraint "chk_rails_settings" check (JSON_TYPE(settings) = 'object'),
  constraint "chk_rails_tags" check (JSON_TYPE(tags) IN ('array')),
  constraint "chk_rails_published" check (published = 0 or published_at is not null),
  constraint "chk_rails_type" check (json_extract(settings, '$.type') in ('a', 'b') or settings ->> '$.size' > 2),
  constraint "chk_rails_order" check (deleted_at is null or deleted_at >= published_at),
  constraint "chk_rails_title_trimmed" check (title = trim(title)),
  constraint "chk_rails_title_lower" check (lower(title) <> upper(title)),
  constraint "chk_rails_length" check (length(title) between 1 and 20 and title not like '%@%'),
  constraint "chk_rails_exactly_one" check ((body is not null) + (published_at is not null) = 1)
);
create index "index_posts_theme" on "posts" (json_extract(settings, '$.type'));
create index "index_posts_typed" on "posts" ("title") where json_extract(settings, '$.type') = 'a';
create unique index "index_posts_on_lower_title" on "posts" (lower(title));
create index "index_posts_kept" on "posts" ("title") where deleted_at IS NULL;
create unique index "index_posts_live" on "posts" ("title", "state") where (published = 1 AND deleted_at IS NULL);
create index "index_posts_truth" on "posts" ("state") where (published = TRUE);
create index "index_posts_date" on "posts" (date(published_at));
create table "memberships" ("id" integer primary key autoincrement not null, "role" varchar default 'member' not null, "user_id" integer, "team_id" integer, "email" varchar collate "NOCASE", "expires_on" date, "quota" bigint default 9223372036854775807, "ratio" decimal(5,4) default 1.0,
  constraint "chk_role" check (role in ('member', 'admin') or role is null),
  constraint "chk_one_owner" check ((user_id is null) != (team_id is null)),
  constraint "chk_email" check (email like '%_@_%'),
  constraint "chk_email_same" check (email = 'Admin@Example.org'),
  constraint "chk_expires" check (expires_on > '2000-01-01'),
  constraint "chk_num_nonnulls" check ((case when user_id is null then 0 else 1 end) + (case when team_id is null then 0 else 1 end) <= 1),
  constraint "chk_ratio" check (ratio between 0 and 1)
);
create unique index "index_memberships_on_coalesce" on "memberships" (coalesce(user_id, -1), coalesce(team_id, 0));
create unique index "index_memberships_email" on "memberships" ("email") where email is not null and email <> '';
