package dev.tethys.collect.kubernetes.state;

import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.AbstractList;
import java.util.Collection;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of one family over all objects of a kind, created while they are read, so that a page
 * with hundreds of thousands of series needs memory for one. Objects may change between two reads.
 */
final class FamilyMetrics extends AbstractList<Metric> {
  private final StateFamily family;
  private final int index;
  private final int common;
  private final Collection<StateObject> objects;
  private final long createdUntil;
  private final Shard shard;

  /**
   * @param index of the family in its kind
   * @param common number of labels that all series of an object have
   * @param createdUntil Unix seconds; objects created later are left out
   * @param shard part of the objects
   */
  FamilyMetrics(
      StateFamily family,
      int index,
      int common,
      Collection<StateObject> objects,
      long createdUntil,
      Shard shard) {
    this.family = family;
    this.index = index;
    this.common = common;
    this.objects = objects;
    this.createdUntil = createdUntil;
    this.shard = shard;
  }

  @Override
  public Iterator<Metric> iterator() {
    return new Reading();
  }

  @Override
  public boolean isEmpty() {
    return !iterator().hasNext();
  }

  @Override
  public int size() {
    int n = 0;
    for (Reading r = new Reading(); r.hasNext(); r.skip()) {
      n++;
    }
    return n;
  }

  @Override
  public Metric get(int i) {
    Iterator<Metric> all = iterator();
    for (int k = 0; k < i && all.hasNext(); k++) {
      all.next();
    }
    if (i < 0 || !all.hasNext()) {
      throw new IndexOutOfBoundsException(i);
    }
    return all.next();
  }

  /** Position in the objects. */
  private final class Reading implements Iterator<Metric> {
    private final Iterator<StateObject> left = objects.iterator();
    private byte @Nullable [] bytes;
    private int at; // of the next record
    private int payload; // of the record that is next; 0 for none
    private int end;

    @Override
    public boolean hasNext() {
      while (payload == 0) {
        byte[] b = bytes;
        if (b == null || !findRecord(b)) {
          if (!left.hasNext()) {
            return false;
          }
          StateObject o = left.next();
          bytes = o.created() > createdUntil ? null : o.series();
          at = 0;
          for (int i = 0; bytes != null && i < common; i++) {
            at = StateFamily.afterString(o.series(), at);
          }
          if (bytes != null && !o.isIn(shard, at)) {
            bytes = null;
          }
        }
      }
      return true;
    }

    private boolean findRecord(byte[] b) {
      while (at < b.length) {
        int i = at;
        int f = b[i] & 0x7f;
        if (b[i++] < 0) {
          f |= b[i++] << 7;
        }
        int start = i + StateObject.LENGTH_BYTES;
        int next = start + ((b[i] & 0xff) | (b[i + 1] & 0xff) << 8 | (b[i + 2] & 0xff) << 16);
        if (f > index) {
          return false;
        }
        at = next;
        if (f == index) {
          payload = start;
          end = next;
          return true;
        }
      }
      return false;
    }

    void skip() {
      payload = 0;
    }

    @Override
    public Metric next() {
      byte[] b = bytes;
      if (!hasNext() || (b = bytes) == null) {
        throw new NoSuchElementException();
      }
      int p = payload;
      payload = 0;
      double value;
      int tag = b[p++];
      if (tag == StateObject.DOUBLE) {
        long bits = 0;
        for (int i = 0; i < Double.BYTES; i++) {
          bits |= (b[p++] & 0xffL) << 8 * i;
        }
        value = Double.longBitsToDouble(bits);
      } else if (tag == StateObject.WHOLE) {
        long v = 0;
        int shift = 0;
        while (b[p] < 0) {
          v |= (b[p++] & 0x7fL) << shift;
          shift += 7;
        }
        value = v | (long) b[p++] << shift;
      } else {
        value = tag;
      }
      return new Metric(family.labels(b, p, end), value);
    }
  }
}
