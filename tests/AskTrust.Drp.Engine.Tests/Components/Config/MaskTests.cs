using AskTrust.Drp.Engine.Components.Config.Masking;

namespace AskTrust.Drp.Engine.Tests.Components.Config;

public sealed class MaskTests
{
    [Fact]
    public void Env_files_keep_names_and_nothing_else()
    {
        MaskedText masked = MaskedText.Of("/srv/.env.production", """
            # SECRET_OLD=yes
            DB_PASSWORD=SECRET1
            export API_KEY="SECRET2
            SECRET3=still the value
            SECRET4"
            EMPTY=
              INDENTED = 'SECRET5'
            SECRET without a sign
            """);
        Assert.Equal("DB_PASSWORD=***\nexport API_KEY=***\nEMPTY=\nINDENTED=***\n", masked.Text);
        Assert.Equal(("env", 3), (masked.Format, masked.Values));
    }

    [Fact]
    public void Compose_files_keep_how_the_stack_is_built()
    {
        MaskedText masked = MaskedText.Of("/srv/docker-compose.yml", """
            x-env: &env { TOKEN: SECRET1 }
            services:
              db:
                image: postgres:15
                environment: { <<: *env, POSTGRES_PASSWORD: "SECRET2" }   # SECRET
                command: [postgres, -c, SECRET3]
                labels: [ "traefik.basicauth=SECRET4", SECRET5 ]
                healthcheck: { test: curl -H SECRET6, interval: 10s }
                volumes: [ pgdata:/var/lib/postgresql/data ]
                build: { context: ., args: { NPM_TOKEN: SECRET7 } }
              web:
                image: https://user:SECRET8@registry.example.org/web:1
                environment: [ PASSED_ON, KEY=SECRET9 ]
                depends_on: { db: { condition: service_healthy } }
                ports: [ "8000:80" ]
            volumes: { pgdata: { driver_opts: { o: SECRET10 } } }
            configs: { motd: { content: SECRET11 } }
            """);
        Assert.Equal("yaml", masked.Format);
        foreach (string kept in new[] { "image: postgres:15", "POSTGRES_PASSWORD: \"***\"", "pgdata:/var/lib/postgresql/data", "interval: 10s", "- PASSED_ON", "KEY=***", "8000:80", "TOKEN: \"***\"", "NPM_TOKEN", "registry.example.org/web:1" })
            Assert.Contains(kept, masked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", masked.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.json", """{"a":{"b":["SECRET",1,null]}}""", "json", "\"b\"")]
    [InlineData("a.ini", "; SECRET\n[db]\nuser = SECRET\nhost: SECRET\n  SECRET goes on\n", "ini", "[db]\nuser = ***\nhost : ***\n")]
    [InlineData("a.toml", "key = \"\"\"\nSECRET = x\nSECRET\"\"\"\n[a.b]\nc = 1\n", "ini", "key = ***\n\n[a.b]\nc = ***\n")]
    [InlineData("other.yaml", "a: SECRET\nimage: SECRET\nb:\n- SECRET\n", "yaml", "image: \"***\"")]
    [InlineData("Caddyfile", "{\n\temail SECRET\n}\nexample.org {\n\t# SECRET\n\tbasicauth {\n\t\tbob SECRET\n\t}\n\trespond <<END\nSECRET body\nEND\n\tSECRET\n}\n", "directives", "bob ***")]
    [InlineData("site.conf", "server {\n  listen 80;\n  set $x \"SECRET\n SECRET y\";\n  proxy_pass http://SECRET;\n}\n", "directives", "listen ***;")]
    [InlineData("key.pem", "SECRET\nSECRET\n", "other", "2 lines")]
    [InlineData("bad.yaml", "a: [SECRET\n", "other", "lines")]
    [InlineData("bad.json", "{ SECRET", "other", "lines")]
    public void Other_kinds(string name, string text, string format, string kept)
    {
        MaskedText masked = MaskedText.Of("/srv/" + name, text);
        Assert.Equal(format, masked.Format);
        Assert.Contains(kept, masked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", masked.Text, StringComparison.Ordinal);
        Assert.True(masked.Values > 0);
    }
}
