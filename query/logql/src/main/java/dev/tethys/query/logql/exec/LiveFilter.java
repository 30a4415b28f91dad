package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.logql.pipeline.LogPipeline;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.Row;
import dev.tethys.query.logql.pipeline.UsedLabels;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Log query over entries as they arrive, for tailing. Not thread-safe. */
public final class LiveFilter {
  private final LogExpr log;
  private final NameTable names = new NameTable();
  private final AtomicLong made = new AtomicLong();
  private final Row row = new Row(names, made);
  private final LogPipeline pipeline;

  /**
   * Prepares a query.
   *
   * @throws LogqlParseException if it is not a valid log query
   */
  public LiveFilter(String query) {
    if (!(LogqlEngine.check(query) instanceof LogExpr l)) {
      throw new LogqlParseException("only log selector is supported");
    }
    log = l;
    pipeline = LogPipeline.compile(l.stages(), names, UsedLabels.ALL);
  }

  /** True if the query selects a stream. */
  public boolean selects(Labels stream) {
    return Matcher.matchAll(log.matchers(), stream);
  }

  /**
   * Runs the pipeline on an entry of a selected stream; returns null if it is dropped.
   *
   * @param body buffer that holds the line; not kept
   */
  public @Nullable LogEntry apply(
      Labels stream, Labels metadata, long time, byte[] body, int offset, int length) {
    made.set(0); // a tail has no end: each entry has the bound of a query
    row.clear();
    row.time = time;
    row.line(body, offset, offset + length);
    stream.forEachBytes((b, no, nl, vo, vl) -> row.addStream(names.id(b, no, no + nl), b, vo, vl));
    metadata.forEachBytes(
        (b, no, nl, vo, vl) -> row.addMetadata(names.id(b, no, no + nl), b, vo, vl));
    if (!pipeline.process(row)) {
      return null;
    }
    return new LogEntry(
        time,
        Arrays.copyOfRange(row.line, row.lineFrom, row.lineTo),
        row.labels(Row.STREAM),
        row.labels(Row.METADATA),
        row.labels(Row.PARSED));
  }
}
