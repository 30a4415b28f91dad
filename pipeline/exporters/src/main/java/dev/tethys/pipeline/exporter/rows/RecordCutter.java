package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder.Encoded;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the records of one batch as requests within the destination's size limit. A record is an
 * item and usually one row. Not thread-safe.
 */
public final class RecordCutter {
  private final Batch batch;
  private final LineRequestEncoder lines;
  private final int maxItems;
  private final int maxBytes;
  private final Map<String, String> headers;
  private final TextBuffer text = new TextBuffer();
  private final List<EncodedRequest> out = new ArrayList<>();
  private final Map<String, Integer> drops = new LinkedHashMap<>();
  private final RowIndex.Writer index = new RowIndex.Writer();
  private int items;
  private int before;
  private long lane;

  /**
   * @param maxBytes maximum size before compression; a single record may be larger
   */
  public RecordCutter(Batch batch, LineRequestEncoder lines, int maxItems, int maxBytes) {
    this.batch = batch;
    this.lines = lines;
    this.maxItems = maxItems;
    this.maxBytes = maxBytes;
    this.headers = new LinkedHashMap<>(lines.headers(batch));
  }

  /** Adds a header to all requests; headers with the prefix "tethys-" are not sent. */
  public RecordCutter header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** Sets the lane of all requests, for destinations that depend on their order. */
  public RecordCutter lane(long number) {
    lane = number;
    return this;
  }

  /** Returns the buffer for the next record as one row. */
  public TextBuffer next() {
    before = text.size();
    return text;
  }

  /**
   * Ends the record.
   *
   * @param problem null, or the reason why the record is dropped and counted
   */
  public void end(@Nullable String problem) {
    end(problem, 1);
  }

  /**
   * Ends a record with several rows.
   *
   * @param problem null, or the reason why the record is dropped and counted
   * @param rows number of rows
   */
  public void end(@Nullable String problem, int rows) {
    if (problem != null) {
      text.truncate(before);
      drops.merge(problem, 1, Integer::sum);
      return;
    }
    if (items > 0 && text.size() > maxBytes) {
      byte[] all = text.take();
      text.put(all, 0, before);
      cut();
      text.put(all, before, all.length - before);
    }
    items++;
    index.item(rows);
    if (items >= maxItems || text.size() >= maxBytes) {
      cut();
    }
  }

  private void cut() {
    Map<String, String> h = headers;
    String rows = index.take();
    if (!rows.isEmpty()) {
      h = new LinkedHashMap<>(headers);
      h.put(RowIndex.HEADER, rows);
    }
    out.add(new EncodedRequest(batch.signal(), lines.seal(text.take()), items, lane, h));
    items = 0;
  }

  /** Returns the entire batch. */
  public Encoded encoded() {
    if (items > 0) {
      cut();
    }
    return new Encoded(out, drops);
  }
}
