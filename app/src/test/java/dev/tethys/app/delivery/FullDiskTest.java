package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.ExporterParts;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.pipeline.exporter.client.PlainContext;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Servers with a full disk, each with its own error: the data is valid and is retried. Available
 * servers are filled in the destination contracts.
 */
@Tag("contrib")
@Tag("slow")
class FullDiskTest {
  private static final Components COMPONENTS = BuiltIn.components();

  private static <S> ExporterParts parts(ExporterFactory<S> f, String keys) {
    YamlDocument d = YamlDocument.parse("c.yaml", null, "{" + keys + "}");
    S s = f.settings().read(d.root());
    d.refuseNotBuilt();
    return ExporterParts.of(f, s, Signal.METRICS, new PlainContext(f.type()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          clickhouse    | endpoint: 'URL'                       | 500 | Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)
          elasticsearch | endpoint: 'URL'                       | 429 | {"error":{"type":"cluster_block_exception","reason":"disk usage exceeded flood-stage watermark"},"status":429}
          elasticsearch | endpoint: 'URL'                       | 200 | {"errors":true,"items":[{"create":{"_id":"1","status":429,"error":{"type":"cluster_block_exception","reason":"index [m] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];"}}}]}
          opensearch    | endpoint: 'URL'                       | 200 | {"errors":true,"items":[{"create":{"_id":"1","status":403,"error":{"type":"cluster_block_exception","reason":"index [m] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];"}}}]}
          influxdb      | endpoint: 'URL', v1_compatibility: {enabled: true, db: d} | 500 | {"error":"timeout"}
          influxdb      | endpoint: 'URL', v1_compatibility: {enabled: true, db: d} | 400 | {"error":"partial write: write /data/wal/_00001.wal: no space left on device dropped=1"}
          influxdb      | endpoint: 'URL', org: o, bucket: b    | 500 | {"code":"internal error","message":"unexpected error writing points to database: [shard 1] write /engine/wal: no space left on device"}
          influxdb      | endpoint: 'URL', v3: {database: d}    | 507 | {"error":"insufficient storage"}
          opentsdb      | endpoint: 'URL'                       | 400 | {"errors":[{"datapoint":{"metric":"tethys_probe","timestamp":1700000000000,"value":"42.5","tags":{"job":"tethys"}},"error":"org.apache.hadoop.fs.FSError: java.io.IOException: No space left on device"}],"failed":1,"success":0}
          opentsdb      | endpoint: 'URL'                       | 400 | {"error":{"code":400,"message":"java.io.IOException: No space left on device"}}
          otlp_http     | endpoint: 'URL'                       | 500 | write to WAL: log samples: write /prometheus/wal/00000002: no space left on device
          otlp_http     | endpoint: 'URL'                       | 507 | insufficient storage
          prometheus_remote_write | endpoint: 'URL'             | 500 | write to WAL: log samples: write /prometheus/wal/00000002: no space left on device
          splunk_hec    | endpoint: 'URL', token: t             | 503 | {"text":"Server is busy","code":9}
          tdengine      | endpoint: 'URL', database: d          | 500 | {"code":310,"desc":"No disk space"}
          """)
  void retriesWhenTheDiskIsFull(String type, String keys, int status, String body)
      throws Exception {
    assertThat(verdict(type, keys, status, body)).isInstanceOf(SendResult.Retryable.class);
  }

  /** Destinations that fail instead of returning a result, which a queue retries too. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          parquet       | s3: {bucket: data, region: r, endpoint: 'URL', force_path_style: true, access_key: a, secret_key: s}, max_file_age: 1ms | 507 | <Error><Code>XMinioStorageFull</Code><Message>Storage backend has reached its minimum free drive threshold.</Message></Error>
          parquet       | s3: {bucket: data, region: r, endpoint: 'URL', force_path_style: true, access_key: a, secret_key: s}, max_file_age: 1ms | 503 | <Error><Code>SlowDown</Code></Error>
          """)
  void failsWhenTheDiskIsFull(String type, String keys, int status, String body) {
    assertThatThrownBy(() -> verdict(type, keys, status, body))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(String.valueOf(status));
  }

  /**
   * A permanent refusal stays permanent, also when it quotes sent text that speaks of a full disk.
   * Bulk requests are refused document by document.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          clickhouse    | endpoint: 'URL'                       | 400 | Code: 27. DB::Exception: Cannot parse input: at (no space left on device). (CANNOT_PARSE_INPUT_ASSERTION_FAILED)
          elasticsearch | endpoint: 'URL'                       | 400 | {"error":{"type":"illegal_argument_exception","reason":"no space left on device"},"status":400}
          elasticsearch | endpoint: 'URL'                       | 200 | {"errors":true,"items":[{"create":{"_id":"1","status":400,"error":{"type":"document_parsing_exception","reason":"Preview of field's value: 'no space left on device'"}}}]}
          opensearch    | endpoint: 'URL'                       | 200 | {"errors":true,"items":[{"create":{"_id":"1","status":400,"error":{"type":"mapper_parsing_exception","reason":"Preview of field's value: 'no space left on device'"}}}]}
          influxdb      | endpoint: 'URL', v1_compatibility: {enabled: true, db: d} | 400 | {"error":"unable to parse 'a,x=no space left on device value=1 1': bad timestamp"}
          influxdb      | endpoint: 'URL', v1_compatibility: {enabled: true, db: d} | 400 | {"error":"partial write: points beyond retention policy dropped=1"}
          influxdb      | endpoint: 'URL', org: o, bucket: b    | 400 | {"code":"invalid","message":"unable to parse 'a,x=no space left on device value=1 1': bad timestamp"}
          influxdb      | endpoint: 'URL', v3: {database: d}    | 400 | {"error":"partial write of line protocol occurred","data":[{"original_line":"a,x=no space left on device","line_number":1,"error_message":"column type"}]}
          opentsdb      | endpoint: 'URL'                       | 400 | {"errors":[{"datapoint":{"metric":"tethys_probe","timestamp":1700000000000,"value":"42.5","tags":{"job":"tethys"}},"error":"Unable to parse value to a number"}],"failed":1,"success":0}
          opentsdb      | endpoint: 'URL'                       | 400 | {"error":{"code":400,"message":"Unable to parse the given JSON","details":"no space left on device"}}
          otlp_http     | endpoint: 'URL'                       | 400 | the label "no space left on device" is not valid
          otlp_http     | endpoint: 'URL'                       | 500 | internal error
          prometheus_remote_write | endpoint: 'URL'             | 400 | label value "no space left on device": out of order sample
          splunk_hec    | endpoint: 'URL', token: t             | 400 | {"text":"Invalid data format: no space left on device","code":6,"invalid-event-number":0}
          """)
  void doesNotRetryPermanentRejections(String type, String keys, int status, String body)
      throws Exception {
    assertThat(verdict(type, keys, status, body))
        .isInstanceOfAny(SendResult.Permanent.class, SendResult.Partial.class);
  }

  private static SendResult verdict(String type, String keys, int status, String body)
      throws Exception {
    try (HttpDouble server = new HttpDouble()) {
      server.otherwise(status, body);
      if (type.equals("elasticsearch")
          || type.equals("opensearch")) { // templates need no disk space
        server.when(g -> g.method().equals("PUT"), 200, "{}");
      }
      ExporterFactory<?> factory =
          (ExporterFactory<?>) COMPONENTS.find(ComponentKind.EXPORTER, type).orElseThrow();
      ExporterParts p = parts(factory, keys.replace("URL", server.url()));
      var request =
          p.encoder().encode(ItemProbe.batch(Signal.METRICS, 1_700_000_000, 42.5)).requests();
      return plain(p, request.getFirst());
    }
  }

  /** Sends a request of one item and returns the result. */
  private static SendResult plain(ExporterParts p, EncodedRequest request)
      throws IOException, InterruptedException {
    try {
      SendResult v = p.sender().send(request);
      if (v instanceof SendResult.PerItem s) {
        if (s.again() != null && s.refused().isEmpty()) {
          return new SendResult.Retryable(s.after(), s.overload(), s.reason());
        }
        if (s.again() == null && s.refused().size() == 1) {
          return new SendResult.Permanent(s.refused().getFirst().reason());
        }
      }
      return v;
    } finally {
      p.sender().close();
    }
  }
}
