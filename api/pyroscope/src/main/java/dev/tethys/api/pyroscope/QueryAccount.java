package dev.tethys.api.pyroscope;

import dev.tethys.model.guard.MemoryShare;
import dev.tethys.web.HttpException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Memory held by a profile query. Not thread-safe; {@link #close} releases it. */
final class QueryAccount implements LongConsumer, AutoCloseable {
  private final MemoryShare memory;
  private long held;

  QueryAccount(MemoryShare memory) {
    this.memory = memory;
  }

  /**
   * Reserves more memory.
   *
   * @throws HttpException 422 if the query alone uses most of the memory, 503 if others hold it
   */
  @Override
  public void accept(long bytes) {
    MemoryShare.@Nullable Refusal refusal = memory.reserve(bytes);
    if (refusal == null) {
      held += bytes;
    } else if (held + bytes > memory.max() / 2) {
      throw new HttpException(
          422,
          "the query would hold "
              + (held + bytes)
              + " bytes, more than half of the "
              + memory.max()
              + " of all profile queries; use a shorter time range or more labels");
    } else {
      throw new HttpException(
          503, "queries hold all memory that is free; send the query again later");
    }
  }

  @Override
  public void close() {
    memory.release(held);
    held = 0;
  }
}
