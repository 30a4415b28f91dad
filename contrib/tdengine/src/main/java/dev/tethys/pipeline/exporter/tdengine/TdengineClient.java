package dev.tethys.pipeline.exporter.tdengine;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.tdengine.TdResponse;
import dev.tethys.pipeline.client.HttpEndpoint;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Statements over {@code /rest/sql}. Thread-safe. */
final class TdengineClient {
  private static final TdResponse.Rows NOBODY =
      new TdResponse.Rows() {
        @Override
        public void columns(List<String> names) {
          // not requested
        }

        @Override
        public void row(@Nullable String[] values) {
          // not requested
        }
      };

  private final HttpEndpoint http;
  private final TdengineSettings settings;

  TdengineClient(HttpEndpoint http, TdengineSettings settings) {
    this.http = http;
    this.settings = settings;
  }

  /** HTTP error response, without an SQL result. */
  static final class NotOk extends IOException {
    private static final long serialVersionUID = 1L;

    final transient HttpEndpoint.Reply reply;

    NotOk(HttpEndpoint.Reply reply) {
      super(reply.reason());
      this.reply = reply;
    }
  }

  /**
   * Runs a statement.
   *
   * @param within the database, "" for none
   * @throws TdResponse.Refused if TDengine rejects it
   * @throws NotOk on an HTTP error
   */
  void run(String within, byte[] sql, TdResponse.Rows rows)
      throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        http.call(
            "POST",
            settings.at("/rest/sql" + (within.isEmpty() ? "" : "/" + within)),
            Map.of("content-type", "text/plain; charset=utf-8"),
            sql);
    try {
      TdResponse.read(new ByteArrayInputStream(r.body()), rows);
    } catch (TdResponse.Refused e) {
      throw e;
    } catch (CodecException e) {
      throw r.isOk() ? new IOException(e.getMessage(), e) : new NotOk(r);
    }
    if (!r.isOk()) {
      throw new NotOk(r);
    }
  }

  /** Runs a statement and ignores its rows. */
  void run(String within, String sql) throws IOException, InterruptedException {
    run(within, sql.getBytes(StandardCharsets.UTF_8), NOBODY);
  }

  /** Runs a statement and ignores its rows. */
  void run(String within, byte[] sql) throws IOException, InterruptedException {
    run(within, sql, NOBODY);
  }
}
