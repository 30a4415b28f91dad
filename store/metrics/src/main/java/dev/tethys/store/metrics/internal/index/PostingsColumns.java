package dev.tethys.store.metrics.internal.index;

import java.util.List;
import org.roaringbitmap.IntConsumer;
import org.roaringbitmap.RoaringBitmap;

/** Columns read from postings: the series that count, of a part that does not change. */
public final class PostingsColumns implements LabelColumns {
  private final Postings postings;
  private final RoaringBitmap series;
  private final boolean all;

  public PostingsColumns(Postings postings, RoaringBitmap series) {
    this.postings = postings;
    this.series = series;
    this.all = series.getCardinality() == postings.all().getCardinality();
  }

  @Override
  public int numbers() {
    return series.isEmpty() ? 0 : series.last() + 1;
  }

  @Override
  public RoaringBitmap series() {
    return series;
  }

  @Override
  public List<String> names() {
    return postings.names();
  }

  @Override
  public void hashes(String name, long[] into) {
    long n = PairHash.name(name);
    postings.values(
        name,
        "",
        (number, value, of) -> {
          RoaringBitmap b = counted(of.get());
          if (!b.isEmpty()) {
            long h = PairHash.of(n, value);
            b.forEach((IntConsumer) i -> into[i] = h);
          }
        });
  }

  private RoaringBitmap counted(RoaringBitmap b) {
    return all ? b : RoaringBitmap.and(b, series);
  }

  @Override
  public void values(String name, String prefix, ValueVisitor to) {
    long n = PairHash.name(name);
    postings.values(
        name,
        prefix,
        (number, value, of) -> {
          RoaringBitmap b = of.get();
          int count = all ? b.getCardinality() : RoaringBitmap.andCardinality(b, series);
          if (count > 0) {
            to.value(value, PairHash.of(n, value), count);
          }
        });
  }
}
