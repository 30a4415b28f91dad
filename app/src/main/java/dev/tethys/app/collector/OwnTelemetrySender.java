package dev.tethys.app.collector;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.UrlHost;
import dev.tethys.pipeline.config.OwnMetricsPush;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.OtlpSender;
import dev.tethys.web.client.OtlpSender.Outcome;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Sends telemetry of the process to a server of OTLP, or prints it as JSON. */
final class OwnTelemetrySender implements AutoCloseable {
  private final OtlpSignal signal;
  private final OwnMetricsPush.@Nullable Otlp otlp;
  private final Duration longest;
  private final PrintStream console;
  private final HttpClientFactory clients = new HttpClientFactory(agent());
  private volatile @Nullable OtlpSender
      sender; // once it is needed: its files may be there only then

  /**
   * @param otlp the server; null to print
   * @param longest timeout of a request, in addition to that of the server's settings
   */
  OwnTelemetrySender(
      OtlpSignal signal,
      OwnMetricsPush.@Nullable Otlp otlp,
      Duration longest,
      PrintStream console) {
    this.signal = signal;
    this.otlp = otlp;
    this.longest = longest;
    this.console = console;
  }

  /**
   * Sends a request.
   *
   * @return the permanently rejected part of an accepted request; null if none
   * @throws IOException if it was not accepted
   */
  @Nullable String send(byte[] request) throws IOException, InterruptedException {
    OwnMetricsPush.Otlp to = otlp;
    if (to == null) {
      print(request);
      return null;
    }
    OtlpSender s = sender;
    if (s == null) {
      s = sender(to);
      sender = s;
    }
    String place = UrlHost.of(to.endpoint()) + ": ";
    return switch (s.send(request)) {
      case Outcome.Accepted(long rejected, String why) when rejected > 0 ->
          place + rejected + " items were rejected: " + why;
      case Outcome.Accepted t -> null;
      case Outcome.Later l -> throw new IOException(place + l.problem());
      case Outcome.Never n -> throw new IOException(place + n.problem());
    };
  }

  private void print(byte[] request) {
    try {
      byte[] json = OtlpJsonWriter.toJson(signal, request, 0, request.length);
      console.println(new String(json, StandardCharsets.UTF_8));
    } catch (CodecException e) {
      throw new IllegalStateException(e); // it was written here
    }
  }

  private static String agent() {
    return "Tethys/" + BuildInfo.current().version();
  }

  private OtlpSender sender(OwnMetricsPush.Otlp to) throws IOException {
    URI u = to.endpoint();
    boolean secure = u.getScheme().equals("https");
    OtlpSender.Options requestOptions =
        new OtlpSender.Options(
            signal,
            secure ? to.tls() : null,
            to.gzip(),
            to.headers(),
            longest.compareTo(to.timeout()) < 0 ? longest : to.timeout());
    if (to.grpc()) {
      int port = UrlHost.port(u);
      return OtlpSender.grpc(
          requestOptions, UrlHost.bare(u), port > 0 ? port : secure ? 443 : 80, true, agent());
    }
    boolean named = u.getRawPath() != null && !u.getRawPath().isEmpty();
    String query = u.getRawQuery();
    return OtlpSender.http(
        requestOptions,
        named ? u : u.resolve(signal.httpPath() + (query == null ? "" : "?" + query)),
        clients);
  }

  @Override
  public void close() {
    OtlpSender to = sender;
    if (to != null) {
      to.close();
    }
    clients.close();
  }
}
