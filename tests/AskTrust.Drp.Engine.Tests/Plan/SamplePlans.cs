namespace AskTrust.Drp.Engine.Tests.Plan;

/// <summary>Plans the tests start from.</summary>
internal static class SamplePlans
{
    /// <summary>A folder that need not exist.</summary>
    public static string Folder { get; } = OperatingSystem.IsWindows() ? @"C:\srv\app" : "/srv/app";

    /// <summary>The file the texts pretend to be.</summary>
    public static string File { get; } = Path.Combine(Folder, "drp.yaml");

    /// <summary>The smallest plan.</summary>
    public const string Small = """
        version: 1
        name: shop
        components:
          db: { type: postgresql, url: "postgresql://shop@127.0.0.1/shop" }
        repositories:
          local: { type: directory, path: backups }
        encryption: none

        """;

    /// <summary>Every key of the format.</summary>
    public const string Full = """
        # yaml-language-server: $schema=schema/drp.schema.json
        version: 1
        name: askandtrust
        application: { version: 1.10, commit: "${command:git rev-parse HEAD}" }
        objectives:
          critical: { rto: 4h, rpo: 1h }
          standard: { rto: 1d }
        components:
          db:
            type: postgresql
            class: critical
            production: true
            url: postgresql://askandtrust@127.0.0.1:5432/askandtrust?sslmode=disable
            password: ${env:DB_PASSWORD}
            globals: false
            serializableDeferrable: true
            jobs: 2
            canary: true
            connectTimeout: 30s
            restoreTest:
              where: cluster
              image: postgres:16
              assertions:
                - { name: users, sql: "select count(*) from users", atLeast: 1, atMost: 1000000 }
                - { sql: "select true", within: 2s }
                - sql: |
                    select version
                    from schema_version
                  equal: 42
              command: [npm, test, 5]
              commandTimeout: 1h30m
          shop:
            type: postgresql
            compose: { service: db, project: shop-prod }
            user: shop
            database: "shop 2"
          queue: { type: postgresql, container: queue-db-1 }
          legacy: { type: postgresql, service: legacy }
        repositories:
          local: { type: directory, path: /var/backups/drp, readOnly: false, uploadLimit: 10MiB/s, downloadLimit: 500kB/s, stallTimeout: 2m }
          paris:
            type: s3
            bucket: b-prod
            prefix: drp/
            endpoint: https://s3.example
            region: eu-west-3
            pathStyle: false
            accessKey: ${env:A}
            secretKey: ${file:/run/secrets/s3}
            sessionToken: ${vault:secret/drp#token}
            storageClass: STANDARD_IA
            serverSideEncryption: aws:kms
            kmsKeyId: alias/drp
            objectLock: { mode: GOVERNANCE, for: 30d }
            checksums: md5
            parallel: 8
            caFile: ca.pem
          aws: { type: s3, bucket: other, profile: drp }
          cloud: { type: rclone, remote: "gcs:bucket/folder", configFile: rclone.conf, configPassword: "${secret:Rclone}" }
          vault: { type: sftp, host: backup.example, port: 2222, user: drp, path: /srv/drp, identityFile: keys/id, knownHostsFile: keys/known_hosts }
        encryption:
          recipients: [0123456789ABCDEF0123456789ABCDEF01234567, "89ab cdef 0123 4567 89ab  cdef 0123 4567 89ab cdef"]
          publicKeys: [keys/backup.asc, keys/second.asc]
          privateKey: ~/drp/private.asc
          privateKeyPassphrase: ${command:pass show drp}
          signingKey: 0123456789ABCDEF0123456789ABCDEF01234567
          signingKeyFile: keys/sign.asc
          signingPassphrase: ${env:SIGNING}
        compression: { algorithm: zstd, level: 9, threads: 2 }
        jobs:
          nightly:
            schedule: "0 3 * * *"
            timeZone: Europe/Paris
            components: [db, shop]
            repositories: [local, paris]
            keep: { last: 3, hourly: 24, daily: 30, weekly: 12, monthly: 120, yearly: 10, within: 7d }
            compression: gzip
          hourly: { schedule: "@hourly" }
        health:
          http:
            site: { url: "https://shop.example.org/health?deep=1", status: 204, contains: "ok: true", within: 500ms, caFile: ca.pem }
          logs:
            nginx: { file: /var/log/nginx/error.log, patterns: ['\[(error|crit)\]', panic], since: 15m, most: 5 }
            api: { compose: { service: api, project: shop }, patterns: [fatal] }
          compose: [shop]
          containers: [legacy]
          limits: { response: 1s, database: 250ms, cpu: 70, disk: 80, replicationLag: 1GiB, restarts: 0, certificateDays: 21, backupAge: 26h }
          timeout: 5s

        """;
}
