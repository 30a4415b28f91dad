package dev.tethys.collect.discovery;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlDocument;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Fetches the list of groups that {@code http_sd_configs} names. */
final class HttpFetch implements Refreshing.Source {
  private static final String URL_LABEL = "__meta_url";
  private static final Pattern JSON =
      Pattern.compile("application/json(;\\s*charset=(\"?)utf-8\\2)?", Pattern.CASE_INSENSITIVE);

  /** An HTTP client as far as discovery needs one. */
  @FunctionalInterface
  interface Client {
    /** Fetches a URL; the body is uncompressed and at most {@code maxBytes} long, or it fails. */
    Answer get(HttpClientConfig config, URI url, Map<String, String> headers, int maxBytes)
        throws IOException, InterruptedException;
  }

  /** What a server answered. */
  record Answer(int status, String contentType, byte[] body) {}

  /** The longest list that is read. */
  static final int MAX_BYTES = 64 << 20;

  private final HttpConfig config;
  private final Client client;

  HttpFetch(HttpConfig config, Client client) {
    this.config = config;
    this.client = client;
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    String url = config.url().toString();
    Answer answer =
        client.get(
            config.client(),
            config.url(),
            Map.of(
                "Accept", "application/json", "X-Prometheus-Refresh-Interval-Seconds", seconds()),
            MAX_BYTES);
    if (answer.status() != 200) {
      throw new IOException(url + " answered with status " + answer.status());
    }
    if (!JSON.matcher(answer.contentType().strip().toLowerCase(Locale.ROOT)).matches()) {
      throw new IOException(
          url
              + " answered with content type \""
              + answer.contentType()
              + "\"; application/json is wanted");
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(answer.body())).toString();
    } catch (CharacterCodingException e) {
      throw new IOException(url + " answered with what is not UTF-8", e);
    }
    List<TargetGroup> groups = TargetGroups.TYPE.read(YamlDocument.parse(url, null, text).root());
    return TargetGroups.named(groups, url, URL_LABEL, url);
  }

  private String seconds() {
    double s = config.refreshInterval().toMillis() / 1e3;
    return s == Math.rint(s) ? Long.toString((long) s) : Double.toString(s);
  }
}
