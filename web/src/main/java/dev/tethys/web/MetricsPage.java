package dev.tethys.web;

import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Answers a scrape with metric families, in the requested format. */
public final class MetricsPage {
  private MetricsPage() {}

  /** Writes families that are already sorted. */
  public static void answer(HttpRequest request, HttpResponse response, List<MetricFamily> families)
      throws IOException {
    String accept = String.join(",", request.headers("Accept"));
    ExpositionFormat.Negotiated format = ExpositionFormat.negotiate(accept, ExpositionFormat.ALL);
    response.header("Content-Type", format.contentType());
    try (OutputStream out = response.stream()) {
      ExpositionWriter writer = ExpositionWriter.of(format, out);
      families.forEach(writer::write);
      writer.finish();
    }
  }
}
