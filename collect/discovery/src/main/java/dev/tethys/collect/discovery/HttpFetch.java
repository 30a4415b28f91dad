package dev.tethys.collect.discovery;

import dev.tethys.config.Redaction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Fetches the list of groups that {@code http_sd_configs} names. */
final class HttpFetch implements PollingDiscovery.Source {
  private static final String URL_LABEL = "__meta_url";
  private static final Pattern JSON =
      Pattern.compile("application/json(;\\s*charset=(\"?)utf-8\\2)?", Pattern.CASE_INSENSITIVE);

  private final HttpConfig config;
  private final RestClient rest;
  private final TargetGroupCache known;
  private byte[] digest = {}; // of the last response that was read

  HttpFetch(HttpConfig config, DiscoveryContext context) {
    this.config = config;
    this.rest = new RestClient(context, config.client());
    this.known = new TargetGroupCache(Redaction.url(config.url()), URL_LABEL);
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    String url = config.url().toString();
    RestClient.Reply answer =
        rest.ok(
            rest.call("GET", url).withHeader("X-Prometheus-Refresh-Interval-Seconds", seconds()));
    if (answer.status() != 200) {
      throw answer.error();
    }
    String type = answer.header("Content-Type");
    if (!JSON.matcher(type.strip().toLowerCase(Locale.ROOT)).matches()) {
      throw new IOException(
          Redaction.text(url)
              + " answered with content type \""
              + type
              + "\"; expected application/json");
    }
    byte[] now = digest(answer.body());
    if (Arrays.equals(now, digest)) {
      return known.groups();
    }
    List<TargetGroup> groups = known.take(read(url, answer.body()));
    digest = now; // not before: what fails is read again
    return groups;
  }

  private static List<TargetGroup> read(String url, byte[] body) throws IOException {
    List<TargetGroup> plain = isUtf8(body) ? PlainGroups.read(body) : null;
    if (plain != null) {
      return plain;
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new IOException(Redaction.text(url) + " sent a response that is not UTF-8", e);
    }
    return TargetGroups.read(Redaction.text(url), null, text);
  }

  /** A piece at a time: a long list as text would be three times as much, and grow old. */
  private static boolean isUtf8(byte[] body) {
    CharsetDecoder d = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(body);
    CharBuffer piece = CharBuffer.allocate(4096);
    CoderResult r = d.decode(in, piece, true);
    while (r.isOverflow()) {
      r = d.decode(in, piece.clear(), true);
    }
    return !r.isError();
  }

  private static byte[] digest(byte[] body) throws IOException {
    try {
      return MessageDigest.getInstance("SHA-256").digest(body);
    } catch (GeneralSecurityException e) {
      throw new IOException("this JDK does not support SHA-256", e);
    }
  }

  private String seconds() {
    double s = config.refreshInterval().toMillis() / 1e3;
    return s == Math.rint(s) ? Long.toString((long) s) : Double.toString(s);
  }
}
