package dev.tethys.pipeline.exporter.opentsdb;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.opentsdb.TsdbResponse;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.exporter.client.LineSockets;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Probes OpenTSDB: writes a point of the metric {@code tethys_probe} and, over HTTP, reads it back.
 */
final class OpenTsdbProbe implements ExporterProbe {

  private final OpenTsdbSettings settings;
  private final HttpEndpoint endpoint;
  private final @Nullable LineSockets sockets;

  /**
   * @param sockets null if HTTP is used
   */
  OpenTsdbProbe(OpenTsdbSettings settings, HttpEndpoint endpoint, @Nullable LineSockets sockets) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.sockets = sockets;
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    LineSockets s = sockets;
    if (s != null) {
      TelnetPutSender.put(s, new byte[0]);
      return "OpenTSDB answers by telnet";
    }
    HttpEndpoint.Reply r = endpoint.call("GET", settings.at("/api/version"), Map.of(), null);
    if (!r.isOk()) {
      throw new IOException(settings.at("/api/version") + ": " + r.reason());
    }
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile("\"version\"\\s*:\\s*\"([^\"]{0,60})\"").matcher(r.text());
    String reply = "OpenTSDB " + (m.find() ? m.group(1) : "of a version that it does not say");
    String off = off(endpoint.call("GET", settings.at("/api/config"), Map.of(), null));
    return reply + (off.isEmpty() ? "" : "; " + off);
  }

  /** Returns server settings that lose points. */
  private static String off(HttpEndpoint.Reply config) {
    if (!config.isOk()) {
      return "";
    }
    String text = config.text().replace(" ", "");
    StringBuilder sb = new StringBuilder();
    if (text.contains("\"tsd.core.auto_create_metrics\":\"false\"")) {
      sb.append("tsd.core.auto_create_metrics is false: points of new metrics become dead letters");
    }
    if (text.contains("\"tsd.http.request.enable_chunked\":\"false\"")) {
      sb.append(sb.isEmpty() ? "" : "; ");
      sb.append("tsd.http.request.enable_chunked is false: requests above 8 KiB are halved");
    }
    return sb.toString();
  }

  @Override
  public List<String> plan() {
    return List.of(); // metrics and tags are created by their first point, or manually
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    TsdbWriter w = new TsdbWriter(settings);
    w.series(Labels.of(Labels.METRIC_NAME, ItemProbe.NAME, "job", "tethys"));
    String problem = w.sample(seconds * 1000, value);
    if (problem != null) {
      throw new IOException("the probe's data point does not fit: " + problem);
    }
    byte[] row = w.take();
    LineSockets s = sockets;
    if (s != null) {
      String complaint = TelnetPutSender.put(s, row);
      if (!complaint.isEmpty()) {
        throw new IOException(complaint);
      }
      return "wrote " + ItemProbe.NAME + " = " + value + ", which telnet cannot read back";
    }
    HttpEndpoint.Reply r =
        endpoint.call("POST", settings.putUrl(), Map.of("content-type", "application/json"), row);
    if (!r.isOk()) {
      throw new IOException("/api/put: " + r.reason());
    }
    String question =
        "{\"start\":%d,\"end\":%d,\"msResolution\":true,\"queries\":[{\"aggregator\":\"none\",\"metric\":\"%s\"}]}"
            .formatted(seconds * 1000, seconds * 1000 + 1, ItemProbe.NAME);
    r =
        endpoint.call(
            "POST",
            settings.at("/api/query?arrays"),
            Map.of("content-type", "application/json"),
            question.getBytes(StandardCharsets.UTF_8));
    if (!r.isOk()) {
      throw new IOException("/api/query: " + r.reason());
    }
    double[] found = {Double.NaN};
    try {
      TsdbResponse.query(
          new ByteArrayInputStream(r.body()),
          new TsdbResponse.Points() {
            @Override
            public void series(String metric, Map<String, String> tags) {
              // one point is requested
            }

            @Override
            public void point(long time, double v) {
              found[0] = time == seconds * 1000 ? v : found[0];
            }
          });
    } catch (CodecException e) {
      throw new IOException("/api/query: " + e.getMessage(), e);
    }
    if (found[0] != value) {
      throw new IOException("wrote " + value + " and read " + found[0]);
    }
    return "wrote " + ItemProbe.NAME + " = " + value + " and read it back";
  }

  @Override
  public void close() {
    LineSockets s = sockets;
    if (s != null) {
      s.close();
    }
  }
}
