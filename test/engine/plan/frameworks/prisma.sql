CREATE TABLE "User" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "email" TEXT NOT NULL,
    "name" TEXT,
    "age" INTEGER,
    "balance" DECIMAL NOT NULL DEFAULT 0.0,
    "big" BIGINT,
    "score" REAL NOT NULL DEFAULT 1.5,
    "isAdmin" BOOLEAN NOT NULL DEFAULT false,
    "role" TEXT NOT NULL DEFAULT 'USER',
    "bytes" BLOB,
    "data" JSONB,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "User_age" CHECK ("age" >= 0 AND "age" < 150),
    CONSTRAINT "User_role" CHECK ("role" IN ('USER', 'ADMIN')),
    CONSTRAINT "User_times" CHECK ("updatedAt" >= "createdAt"),
    CONSTRAINT "User_bytes" CHECK (length("bytes") <= 2),
    CONSTRAINT "User_balance" CHECK ("balance" > -10.5)
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE INDEX "User_admins" ON "User"("createdAt" DESC) WHERE "isAdmin" = true;
