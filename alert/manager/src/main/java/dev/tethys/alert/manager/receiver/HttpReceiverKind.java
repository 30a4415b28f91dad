package dev.tethys.alert.manager.receiver;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.YamlObject;

/** A notification integration over HTTP. */
public abstract class HttpReceiverKind extends ReceiverKind {
  protected final Key<HttpClientConfig> httpConfig;

  protected HttpReceiverKind(String name, boolean sendResolved, String doc) {
    super(name, sendResolved, doc);
    httpConfig =
        section.optional(
            "http_config",
            HttpClientConfig.TYPE,
            "HTTP client settings; the global ones by default.");
  }

  /** Returns the client's configuration: the entry's own, or the global one. */
  public HttpClientConfig http(YamlObject o, GlobalConfig g) {
    HttpClientConfig own = o.find(httpConfig);
    return own == null ? g.http() : own;
  }
}
