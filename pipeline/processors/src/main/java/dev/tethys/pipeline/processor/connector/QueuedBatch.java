package dev.tethys.pipeline.processor.connector;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder.Encoded;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Encoding of a batch for a queue, also on disk: its bytes unchanged, everything else as headers.
 */
final class QueuedBatch {
  private static final String ENCODING = "encoding";
  private static final String METADATA = "metadata.";

  private QueuedBatch() {}

  static Encoded encode(Batch batch) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(ENCODING, batch.encoding().name());
    // Values of headers have no newlines.
    batch
        .metadata()
        .values()
        .forEach((name, values) -> headers.put(METADATA + name, String.join("\n", values)));
    return Encoded.of(
        new EncodedRequest(batch.signal(), batch.body(), batch.items(), batch.lane(), headers));
  }

  static Batch decode(EncodedRequest request) {
    Map<String, List<String>> metadata = new LinkedHashMap<>();
    request
        .headers()
        .forEach(
            (name, value) -> {
              if (name.startsWith(METADATA)) {
                metadata.put(name.substring(METADATA.length()), List.of(value.split("\n", -1)));
              }
            });
    return new Batch(
        request.signal(),
        Encoding.valueOf(request.headers().getOrDefault(ENCODING, Encoding.OTLP.name())),
        request.body(),
        request.items(),
        request.lane(),
        metadata.isEmpty() ? Metadata.NONE : new Metadata(metadata));
  }
}
