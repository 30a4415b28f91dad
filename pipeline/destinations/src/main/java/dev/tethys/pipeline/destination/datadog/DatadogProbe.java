package dev.tethys.pipeline.destination.datadog;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.DestinationProbe;
import dev.tethys.pipeline.destination.rows.LineParcels;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;

/** Tries the key, and writes a gauge. Reading would need an application key beside it. */
final class DatadogProbe implements DestinationProbe {
  private final DatadogSettings settings;
  private final HttpEndpoint endpoint;
  private final LineParcels series;

  DatadogProbe(DatadogSettings settings, HttpEndpoint endpoint, LineParcels series) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.series = series;
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    URI url = settings.metricsUrl().resolve("/api/v1/validate");
    HttpEndpoint.Reply r = endpoint.call("GET", url, Map.of(), null);
    if (!r.isOk()) {
      throw new IOException(url + ": " + r.reason());
    }
    return "Datadog knows the API key";
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    TextBuffer row = new TextBuffer();
    new DatadogSeries(settings.format())
        .point(
            "tethys_probe",
            DatadogSeries.Kind.GAUGE,
            new DatadogSeries.Identity(settings.hostname(), List.of(), ""),
            seconds,
            0,
            value,
            row);
    Map<String, String> headers = new java.util.LinkedHashMap<>();
    headers.put("content-type", series.contentType());
    if (!settings.compression().word().isEmpty()) {
      headers.put("content-encoding", settings.compression().word());
    }
    URI url = settings.metricsUrl().resolve("/api/v2/series");
    HttpEndpoint.Reply r = endpoint.call("POST", url, headers, series.seal(row.take()));
    if (!r.isOk()) {
      throw new IOException(url + ": " + r.reason());
    }
    return "wrote tethys_probe = " + value + "; the intake cannot be read with an API key";
  }
}
