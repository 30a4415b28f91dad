package dev.tethys.pipeline.delivery;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A destination that does as it is told and remembers what it took. */
final class Destination implements Sender {
  final List<Parcel> taken = new ArrayList<>();
  final List<Parcel> asked = new ArrayList<>();
  Function<Parcel, Verdict> answer = p -> Verdict.DELIVERED;
  boolean closed;

  @Override
  public synchronized Verdict send(Parcel parcel) throws IOException {
    asked.add(parcel);
    Verdict v = answer.apply(parcel);
    if (v instanceof Verdict.Delivered) {
      taken.add(parcel);
    }
    return v;
  }

  @Override
  public void close() {
    closed = true;
  }

  /** The first byte of each body it took. */
  synchronized List<Integer> numbers() {
    return taken.stream().map(p -> (int) p.body()[0]).toList();
  }

  synchronized long items() {
    return taken.stream().mapToLong(Parcel::items).sum();
  }
}
