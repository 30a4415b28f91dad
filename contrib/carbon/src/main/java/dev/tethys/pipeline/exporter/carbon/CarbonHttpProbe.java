package dev.tethys.pipeline.exporter.carbon;

import dev.tethys.config.Redaction;
import dev.tethys.config.UrlHost;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.exporter.client.LineProbe;
import java.io.IOException;
import java.net.URI;
import java.util.Map;

/** Tries a hosted Graphite: one point is posted. */
final class CarbonHttpProbe implements ExporterProbe {
  private final URI url;
  private final CarbonHttpSender sender;
  private final LineProbe.Sample sample;

  CarbonHttpProbe(URI url, CarbonHttpSender sender, LineProbe.Sample sample) {
    this.url = url;
    this.sender = sender;
    this.sample = sample;
  }

  @Override
  public String connect() {
    return UrlHost.of(url) + " is contacted when points are written: it has no API to check";
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    HttpEndpoint.Reply r = sender.post(Map.of(), sample.bytes(LineProbe.METRIC, seconds, value));
    if (!r.isOk()) {
      throw new IOException(Redaction.url(url) + ": " + r.reason());
    }
    return "wrote "
        + LineProbe.METRIC
        + " = "
        + value
        + ", which cannot be read back here; the response was "
        + r.reason();
  }
}
