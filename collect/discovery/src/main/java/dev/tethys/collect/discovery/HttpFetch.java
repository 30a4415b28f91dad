package dev.tethys.collect.discovery;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Fetches the list of groups that {@code http_sd_configs} names. */
final class HttpFetch implements Refreshing.Source {
  private static final String URL_LABEL = "__meta_url";
  private static final Pattern JSON =
      Pattern.compile("application/json(;\\s*charset=(\"?)utf-8\\2)?", Pattern.CASE_INSENSITIVE);

  private final HttpConfig config;
  private final Rest rest;

  HttpFetch(HttpConfig config, DiscoveryContext context) {
    this.config = config;
    this.rest = new Rest(context, config.client());
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    String url = config.url().toString();
    Rest.Reply answer =
        rest.ok(
            rest.call("GET", url).withHeader("X-Prometheus-Refresh-Interval-Seconds", seconds()));
    if (answer.status() != 200) {
      throw answer.error();
    }
    String type = answer.header("Content-Type");
    if (!JSON.matcher(type.strip().toLowerCase(Locale.ROOT)).matches()) {
      throw new IOException(
          url + " answered with content type \"" + type + "\"; application/json is wanted");
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(answer.body())).toString();
    } catch (CharacterCodingException e) {
      throw new IOException(url + " answered with what is not UTF-8", e);
    }
    List<TargetGroup> groups = TargetGroups.read(url, null, text);
    return TargetGroups.named(groups, url, URL_LABEL, url);
  }

  private String seconds() {
    double s = config.refreshInterval().toMillis() / 1e3;
    return s == Math.rint(s) ? Long.toString((long) s) : Double.toString(s);
  }
}
