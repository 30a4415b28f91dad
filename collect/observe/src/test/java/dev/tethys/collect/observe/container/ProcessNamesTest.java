package dev.tethys.collect.observe.container;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessNamesTest {
  @ParameterizedTest
  @CsvSource({
    "/usr/sbin/nginx -g daemon, nginx",
    "nginx: worker process, nginx",
    "java -Xmx1g -jar /opt/shop.jar --port 1, shop.jar",
    "java -cp a.jar:b.jar dev.shop.Main x, shop",
    "java --add-opens java.base/java.io=ALL-UNNAMED kafka.Kafka server.properties, Kafka",
    "java -cp x org.apache.catalina.startup.Bootstrap start, catalina",
    "java -p lib -m shop.core/shop.core.Application, core",
    "java Main, Main",
    "/usr/bin/python3 -u /srv/app.py, app.py",
    "python3 -m http.server, http.server",
    "node /srv/index.js, index.js",
    "java, java"
  })
  void namesProgramsAndScripts(String commandLine, String name) {
    assertThat(ProcessNames.id(commandLine.replace(' ', '\0'), _ -> "", () -> ""))
        .isEqualTo("/process/" + name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"java", "python3", "node"})
  void leavesOutTextOfAProgramOnTheCommandLine(String program) {
    String option = program.equals("node") ? "-e" : "-c";
    String code = "import x\n\tprint('a/b.c')\n".repeat(400);
    assertThat(ProcessNames.id(program + "\0" + option + "\0" + code, _ -> "", () -> "/srv/shop"))
        .isEqualTo("/process/shop-" + program);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "java\0", "java\0-jar\0", "python3\0-m\0"})
  void boundsNamesAndReplacesControlCharacters(String before) {
    String id =
        ProcessNames.id(before + "a\nb\u001b[1m" + "\ud83d\ude00".repeat(5000), _ -> "", () -> "");
    assertThat(id).startsWith("/process/a_b_[1m").hasSizeLessThanOrEqualTo(109);
    assertThat(id.codePoints())
        .noneMatch(c -> c < ' ' || Character.getType(c) == Character.SURROGATE);
  }

  @ParameterizedTest
  @CsvSource({
    "java -jar /opt/shop.jar, catalog, catalog",
    "java -Dotel.service.name=cart -jar /opt/shop.jar, catalog, cart",
    "node /srv/index.js, a/../b c, a_.._b_c",
    "/usr/sbin/nginx -g daemon, catalog, nginx"
  })
  void namesInterpretersByTheirService(String commandLine, String service, String name) {
    assertThat(
            ProcessNames.id(
                commandLine.replace(' ', '\0'),
                v -> v.equals("OTEL_SERVICE_NAME") ? service : "",
                () -> "/srv/x"))
        .isEqualTo("/process/" + name);
  }

  @ParameterizedTest
  @CsvSource({
    "java, /srv/shop, shop-java",
    "java, /, java",
    "java -Xmx1g -XX:+UseZGC, /opt/cart/bin, cart-java",
    "java Main, /home/ann, ann-Main",
    "java -cp /opt/cart/lib/a.jar:/x Main, /, cart-Main",
    "java -cp a.jar dev.shop.Main, /srv/x, shop",
    "java Main.java, /srv/shop, shop-Main.java",
    "java /srv/shop/Main.java, /, shop-Main.java",
    "java Shop.java, /srv/x, Shop.java",
    "java -jar app.jar, /srv/shop, shop-app.jar",
    "java -jar /opt/cart/target/app.jar, /srv/shop, cart-app.jar",
    "java -jar /opt/shop.jar, /srv/x, shop.jar",
    "java @/opt/cart/args, /, cart-args",
    "java --module shop.core/shop.core.Main, /, core",
    "python3 app.py, /srv/shop, shop-app.py",
    "python3 -X dev -W ignore /srv/cart/main.py, /, cart-main.py",
    "python3 /usr/bin/gunicorn -b :80 shop.wsgi:app, /, gunicorn-shop",
    "python3 -m uvicorn main:app, /srv/cart, cart-uvicorn",
    "python3 -m http.server, /srv/x, http.server",
    "node -r dotenv/config /srv/cart/dist/index.js, /, cart-index.js",
    "node server.js, /tmp/ab12345, server.js",
    "perl /srv/mail/run.pl, /, mail-run.pl",
    "dotnet exec /srv/Shop.dll, /, Shop.dll",
    "deno run main.ts, /srv/shop, shop-main.ts",
    "redis-server *:6379, /srv/shop, redis-server"
  })
  void distinguishesProgramsByFolder(String commandLine, String folder, String name) {
    assertThat(ProcessNames.id(commandLine.replace(' ', '\0'), _ -> "", () -> folder))
        .isEqualTo("/process/" + name);
  }
}
