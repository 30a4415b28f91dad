package dev.tethys.api;

import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Range queries that are answered as those of clients are, to the last byte of JSON, but for
 * nobody: so that code that answers is compiled before somebody waits for it.
 */
public final class Rehearsal {
  private final PromqlEngine engine;
  private final MetricSource source;
  private long bytes;

  /** Rehearses with an engine, which should not be the one whose numbers people look at. */
  public Rehearsal(PromqlEngine engine, MetricSource source) {
    this.engine = engine;
    this.source = source;
  }

  /**
   * Answers a query; times are Unix milliseconds.
   *
   * @throws dev.tethys.query.promql.QueryException when it cannot be answered
   */
  public void answer(String query, long start, long end, long step) {
    QueryResult r = engine.range(source, query, start, end, step, QueryOptions.DEFAULT).execute();
    Value value = r.value();
    try {
      JsonOut out = new JsonOut(new Nobody());
      QueryEndpoints.result(out, value, QueryEndpoints.size(value));
      out.finish();
    } catch (IOException e) {
      throw new AssertionError("nothing is written anywhere", e);
    }
  }

  /** Bytes of all answers so far. */
  public long bytes() {
    return bytes;
  }

  private final class Nobody implements JsonOut.Sink {
    @Override
    public void whole(byte[] body) {
      bytes += body.length;
    }

    @Override
    public OutputStream stream() {
      return new OutputStream() {
        @Override
        public void write(int b) {
          bytes++;
        }

        @Override
        public void write(byte[] b, int off, int len) {
          bytes += len;
        }
      };
    }
  }
}
