package dev.tethys.pipeline.exporter.tdengine;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.tdengine.TdJson;
import dev.tethys.codec.tdengine.TdResponse;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.naming.NamedEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes rows and evaluates responses. A row with the same table and time is stored once, so a
 * request with an unknown or partial outcome is retried.
 */
final class TdengineSender implements Sender {
  private static final Duration PAUSE = Duration.ofSeconds(30);
  private static final byte[] INSERT = "INSERT INTO ".getBytes(StandardCharsets.US_ASCII);

  /** Numbers of TDengine: taoserror.h and docs.tdengine.com, "Error Codes". */
  private static final Set<Integer> NO_DATABASE = Set.of(0x0388, 0x2616);

  private static final Set<Integer> NO_TABLE = Set.of(0x2603, 0x0362);
  private static final Set<Integer> NOT_ALLOWED =
      Set.of(0x0303, 0x0350, 0x0351, 0x0352, 0x0357, 0x0358, 0x2644);

  /** Syntax, values, times outside the retention, names, lengths, malformed lines. */
  private static final Set<Integer> ROWS_ARE_WRONG =
      Set.of(
          0x0216, 0x021b, 0x0224, 0x060b, 0x2600, 0x2601, 0x2602, 0x2604, 0x2605, 0x2653, 0x2655,
          0x2656, 0x2657, 0x3000, 0x3001, 0x3002, 0x3003);

  private static final Pattern CODE = Pattern.compile("\"?code\"?\\s*:\\s*\"?(\\d{1,9})");

  private final TdengineSettings settings;
  private final HttpEndpoint endpoint;
  private final TdengineClient client;
  private final LineRequestEncoder encoder;

  TdengineSender(TdengineSettings settings, HttpEndpoint endpoint, LineRequestEncoder encoder) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.client = new TdengineClient(endpoint, settings);
    this.encoder = encoder;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    return settings.sql() ? insert(p) : lines(p);
  }

  private String name(EncodedRequest p) {
    return NamedEncoder.name(p, settings.names());
  }

  private SendResult insert(EncodedRequest p) throws IOException, InterruptedException {
    try {
      byte[] rows = encoder.open(p).text();
      byte[] sql = new byte[INSERT.length + rows.length];
      System.arraycopy(INSERT, 0, sql, 0, INSERT.length);
      System.arraycopy(rows, 0, sql, INSERT.length, rows.length);
      client.run(settings.databaseOf(name(p)), sql);
      return SendResult.DELIVERED;
    } catch (TdResponse.Refused e) {
      return judge(p, e.code(), String.valueOf(e.getMessage()), Duration.ZERO);
    } catch (TdengineClient.NotOk e) {
      return e.reply.status() == 413
          ? encoder.halves(p, e.reply.reason())
          : HttpEndpoint.judge(e.reply);
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
  }

  private SendResult lines(EncodedRequest p) throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        endpoint.call("POST", settings.linesUrl(name(p)), LineRequestEncoder.sent(p), p.body());
    if (r.isOk()) {
      return SendResult.DELIVERED;
    }
    if (r.status() == 413) {
      return encoder.halves(p, r.reason());
    }
    Matcher m = CODE.matcher(r.text());
    if (m.find()) {
      return judge(p, Integer.parseInt(m.group(1)) & 0xffff, r.reason(), r.retryAfter());
    }
    return r.status() == 400 ? encoder.halves(p, r.reason()) : HttpEndpoint.judge(r);
  }

  private SendResult judge(EncodedRequest p, int code, String why, Duration after)
      throws IOException, InterruptedException {
    if (NO_DATABASE.contains(code) || NO_TABLE.contains(code)) {
      if (!settings.createSchema()) {
        return new SendResult.Retryable(PAUSE, false, why);
      }
      prepare(client, settings, name(p));
      return new SendResult.Retryable(Duration.ZERO, false, why);
    }
    if (NOT_ALLOWED.contains(code)) {
      return new SendResult.Retryable(PAUSE, false, why);
    }
    return ROWS_ARE_WRONG.contains(code)
        ? encoder.halves(p, why)
        : new SendResult.Retryable(after, false, why);
  }

  /** Creates missing objects; a rejection is an error, and the request is retried. */
  static void prepare(TdengineClient client, TdengineSettings settings, String name)
      throws IOException, InterruptedException {
    try {
      client.run("", settings.createDatabase(name));
      if (settings.sql()) {
        client.run(settings.databaseOf(name), TdJson.create(name));
      }
    } catch (CodecException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
