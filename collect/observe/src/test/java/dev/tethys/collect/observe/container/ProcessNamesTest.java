package dev.tethys.collect.observe.container;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    assertThat(ProcessNames.id(commandLine.replace(' ', '\0'), _ -> ""))
        .isEqualTo("/process/" + name);
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
                commandLine.replace(' ', '\0'), v -> v.equals("OTEL_SERVICE_NAME") ? service : ""))
        .isEqualTo("/process/" + name);
  }
}
