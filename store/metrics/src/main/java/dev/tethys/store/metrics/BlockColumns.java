package dev.tethys.store.metrics;

import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.index.LabelColumns;
import dev.tethys.store.metrics.internal.index.Matching;
import dev.tethys.store.metrics.internal.index.PostingsColumns;
import java.util.List;
import org.roaringbitmap.RoaringBitmap;

/** Series labels of a pinned block; damage found while reading is reported as the block's own. */
final class BlockColumns implements LabelColumns {
  private final BlockReader block;
  private LabelColumns columns;

  BlockColumns(BlockReader block, CardinalityQuery query) {
    this.block = block;
    this.columns = new PostingsColumns(block, new RoaringBitmap());
    block.answer(
        () -> columns = new PostingsColumns(block, Matching.findAny(block, query.matcherSets())));
  }

  @Override
  public int numbers() {
    return columns.numbers();
  }

  @Override
  public RoaringBitmap series() {
    return columns.series();
  }

  @Override
  public List<String> names() {
    return columns.names();
  }

  @Override
  public void hashes(String name, long[] into) {
    block.answer(() -> columns.hashes(name, into));
  }

  @Override
  public void values(String name, String prefix, ValueVisitor to) {
    block.answer(() -> columns.values(name, prefix, to));
  }
}
