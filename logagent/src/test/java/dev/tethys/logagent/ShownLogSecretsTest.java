package dev.tethys.logagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlWriter;
import dev.tethys.pipeline.exporter.loki.LokiClientConfig;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A secret is planted in every block of promtail.yml that may hold one. The page {@code /config}
 * and {@code -print-config-stderr} show none.
 */
class ShownLogSecretsTest {
  private static final String PLANTED = "Pl4nted";
  private static final String CONFIG =
      """
      server: {http_listen_port: 0, external_url: 'http://u:Pl4nted@h/?token=Pl4nted'}
      positions: {filename: /tmp/positions.yml}
      clients:
        - url: 'http://u:Pl4nted@h:3100/push?password=Pl4nted&db=shown&key=Pl4nted'
          basic_auth: {username: u, password: Pl4nted}
          headers: {Authorization: Pl4nted, X-Api-Key: Pl4nted}
        - url: 'http://h:3100/push'
          bearer_token: Pl4nted
          proxy_url: 'http://u:Pl4nted@proxy:1'
        - url: 'http://h:3101/push'
          authorization: {credentials: Pl4nted}
        - url: 'http://h:3102/push'
          oauth2:
            client_id: i
            client_secret: Pl4nted
            token_url: 'http://u:Pl4nted@h/token?key=Pl4nted'
            endpoint_params: {password: Pl4nted}
      scrape_configs:
        - job_name: kafka
          kafka:
            brokers: [h:1]
            topics: [t]
            authentication:
              type: sasl
              sasl_config: {mechanism: PLAIN, user: u, password: Pl4nted}
        - job_name: cloudflare
          cloudflare: {api_token: Pl4nted, zone_id: z}
        - job_name: docker
          docker_sd_configs: [{host: 'http://u:Pl4nted@h:1', basic_auth: {username: u, password: Pl4nted}}]
        - job_name: consul
          consul_sd_configs: [{server: 'h:1', token: Pl4nted, username: u, password: Pl4nted}]
      """;

  @Test
  void displayedConfigurationContainsNoSecrets() {
    PromtailConfig c = PromtailConfig.of(YamlDocument.parse("promtail.yml", null, CONFIG));
    String shown = YamlWriter.writeRedacted(c.tree());
    assertThat(shown).contains("db=shown").contains("job_name: cloudflare");
    assertThat(shown.lines().filter(l -> l.contains(PLANTED))).isEmpty();
  }

  private static final String URL =
      "https://user:" + PLANTED + "@host:1/x?password=" + PLANTED + "&db=shown&tok=" + PLANTED;

  private int secrets;

  @Test
  void noKeyOfAnySectionExposesItsSecret() {
    Section clients = Objects.requireNonNull(LokiClientConfig.TYPE.section());
    for (Section s : List.of(PromtailConfig.TOP, clients)) {
      String shown = YamlWriter.writeRedacted(planted(s, new HashSet<>()));
      assertThat(shown.lines().filter(l -> l.contains(PLANTED))).as(s.name()).isEmpty();
    }
    assertThat(secrets).isGreaterThan(40);
  }

  private Map<String, Object> planted(Section s, Set<Section> open) {
    Map<String, Object> out = new LinkedHashMap<>();
    if (!open.add(s)) {
      return out;
    }
    for (Key<?> k : s.keys()) {
      out.put(k.name(), value(k.name(), k.type(), k.type().name(), open));
    }
    open.remove(s);
    return out;
  }

  private Object value(String name, Type<?> type, String typeName, Set<Section> open) {
    if (typeName.startsWith("list of ")) {
      return List.of(value(name, type, typeName.substring("list of ".length()), open));
    }
    if (typeName.startsWith("map of string to ")) {
      String item = typeName.substring("map of string to ".length());
      return Map.of("X-Api-Key", value(name, type, item, open));
    }
    if (type.section() != null) {
      return planted(type.section(), open);
    }
    boolean secret =
        typeName.contains(Type.SECRET.name())
            || Set.of("headers", "endpoint_params").contains(name);
    secrets += secret ? 1 : 0;
    if (secret && name.equals("key")) {
      return new Secret(PLANTED); // masked by its type: elsewhere the name is that of an attribute
    }
    return secret ? PLANTED : URL;
  }
}
