package dev.tethys.collect.exporter.blackbox;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.HttpClientConfig.Header;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A WebSocket and the dialogue over it. */
record WebsocketModule(
    HttpClientConfig client,
    Map<String, Header> headers,
    List<QueryResponse> dialogue,
    IpPreference ip) {
  static final WebsocketModule DEFAULT =
      new WebsocketModule(HttpClientConfig.DEFAULT, Map.of(), List.of(), IpPreference.DEFAULT);

  private static final Section SECTION = new Section("websocket", "WebSocket probe settings.");
  private static final Key<HttpClientConfig> CLIENT =
      SECTION.key(
          "http_config",
          HttpClientConfig.TYPE,
          HttpClientConfig.DEFAULT,
          "HTTP client settings: TLS, credentials.");
  private static final Type<Header> HEADER =
      Type.of(
          "header",
          null,
          n ->
              n.isMap()
                  ? Header.TYPE.read(n)
                  : new Header(List.of(n.asString()), List.of(), List.of()));
  private static final Key<Map<String, Header>> HEADERS =
      SECTION.key("headers", Type.map(HEADER), Map.of(), "Headers of the request.");
  private static final Key<List<QueryResponse>> DIALOGUE =
      SECTION.key(
          "query_response",
          QueryResponse.LIST,
          List.of(),
          "Queries to send and responses to expect.");
  private static final IpPreference.Keys IP = IpPreference.Keys.in(SECTION);
  static final Type<WebsocketModule> TYPE =
      SECTION.type(
          o -> new WebsocketModule(o.get(CLIENT), o.get(HEADERS), o.get(DIALOGUE), IP.read(o)));

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = IpPreference.map();
    Map<String, @Nullable Object> c = IpPreference.map();
    client.addTo(c);
    m.put("http_config", c);
    m.put("headers", headers.isEmpty() ? null : List.copyOf(headers.keySet()));
    m.put(
        "query_response",
        dialogue.isEmpty() ? null : dialogue.stream().map(QueryResponse::tree).toList());
    ip.addTo(m);
    return m;
  }
}
