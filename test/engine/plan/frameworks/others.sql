-- GORM
CREATE TABLE `members` (`id` integer PRIMARY KEY AUTOINCREMENT,`created_at` datetime,`deleted_at` datetime,`name` text NOT NULL,`age` integer DEFAULT 18,`admin` numeric DEFAULT false,`birthday` datetime,`code` text DEFAULT 'none', `rank` real DEFAULT 0.5, CONSTRAINT `chk_members_age` CHECK (age > 13),CONSTRAINT `name_checker` CHECK (name <> 'jinzhu'), CONSTRAINT `chk_code` CHECK (code != '' AND length(code) < 10), CONSTRAINT `chk_admin` CHECK (admin = 0 OR age >= 18));
CREATE INDEX `idx_members_deleted_at` ON `members`(`deleted_at`);
CREATE UNIQUE INDEX `idx_members_name` ON `members`(`name`) WHERE deleted_at IS NULL;
CREATE INDEX `idx_members_lower` ON `members`(LOWER(name), age desc);
-- TypeORM
CREATE TABLE "photo" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "createdAt" datetime NOT NULL DEFAULT (datetime('now')), "views" integer NOT NULL DEFAULT (0), "isPublic" boolean NOT NULL DEFAULT (1), "kind" varchar CHECK( "kind" IN ('raw','jpg') ) NOT NULL DEFAULT ('jpg'), "ratio" float DEFAULT (0.5), "tags" text NOT NULL DEFAULT (''), "width" integer, "name" varchar(50) AS ("kind" || '-' || "width") VIRTUAL, "pixels" integer AS ("width" * "width") STORED, CONSTRAINT "CHK_views" CHECK ("views" >= 0 AND "width" > 0));
CREATE INDEX "IDX_photo" ON "photo" ("views") WHERE "isPublic" = 1;
-- Sequelize
CREATE TABLE `Tasks` (`id` UUID NOT NULL PRIMARY KEY, `title` VARCHAR(255) NOT NULL, `done` TINYINT(1) DEFAULT 0, `price` DECIMAL(10,2), `due` DATETIME, `state` TEXT DEFAULT 'new', `createdAt` DATETIME NOT NULL, CONSTRAINT `ck_state` CHECK (`state` IN ('new', 'old')), CONSTRAINT `ck_price` CHECK ((`price` > 0 AND `price` < 100)), CONSTRAINT `ck_due` CHECK (`due` > `createdAt`));
CREATE UNIQUE INDEX `tasks_title` ON `Tasks` (`title`) WHERE `done` = 0;
-- Knex
CREATE TABLE `books` (`id` integer not null primary key autoincrement, `uuid` char(36) not null, `title` varchar(255), `pages` integer, `rating` float, `price` float, `in_stock` boolean default '1', `lang` text check (`lang` in ('en', 'de')) default 'en', `isbn` varchar(13), `created_at` datetime not null default CURRENT_TIMESTAMP, `meta` json default '{}',
  constraint `books_pages` check (`pages` > 0), constraint `books_rating` check (`rating` between 1 and 5 or `rating` between 8 and 9), constraint `books_isbn_length` check (length(`isbn`) >= 10), constraint `books_isbn` check (`isbn` NOT GLOB '*[^0-9]*'), constraint `books_regex` check (`isbn` REGEXP '[0-9]+'), constraint `books_lang` check (`lang` not in ('fr','xx')), constraint `books_negative` check (-`pages` < -1));
-- Ecto
CREATE TABLE "events" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL, "kind" TEXT DEFAULT 'x' NOT NULL, "cost" NUMERIC, "public" INTEGER DEFAULT 1, "labels" TEXT DEFAULT ('[]'), "meta" TEXT DEFAULT ('{}'), "inserted_at" TEXT NOT NULL, "from_at" TEXT, CONSTRAINT "cost_must_be_positive" CHECK (cost > 0), CONSTRAINT "name_must_be_given" CHECK (trim(name) <> ''), CONSTRAINT "from_is_earlier" CHECK (from_at < inserted_at));
CREATE UNIQUE INDEX "events_name_index" ON "events" (lower(name)) WHERE public = 1;
-- Hibernate
create table customer (id bigint not null, active boolean not null, status varchar(255) check (status in ('ACTIVE','CLOSED')), tier tinyint check (tier between 0 and 3), grade integer check ((grade>=1) and (grade<=5)), visits integer not null check (visits>=0), credit numeric(38,2), since timestamp, gender char(1) check (gender in ('m','f')), primary key (id), constraint credit_limit check (credit<=5000), constraint tier_or_grade check (tier is not null or grade is not null));
