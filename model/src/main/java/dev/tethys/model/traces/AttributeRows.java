package dev.tethys.model.traces;

import java.util.Arrays;

/**
 * Attributes of spans, events, links, resources or scopes, one row each: the shape and the values.
 * A value is by its type in the shape: the code of a string, an integer, the bits of a double, 0 or
 * 1, or for {@link SpanColumn#OTHER} the code of the bytes of {@link ValueBytes}.
 */
public final class AttributeRows {
  /** Number of rows. */
  public int rows;

  /** Shape index of each row. */
  public int[] shapes = new int[16];

  /** First value of each row; the values end where those of the next row begin. */
  public int[] starts = new int[17];

  /** Values of all rows. */
  public long[] values = new long[64];

  private int[] elements = new int[32]; // of the row that is being added
  private int pending;

  /** Removes all rows. */
  public void clear() {
    rows = 0;
    starts[0] = 0;
    pending = 0;
  }

  /** Number of values of all rows. */
  public int size() {
    return starts[rows];
  }

  /** Adds an attribute to the row that {@link #end} will end. */
  public void add(int key, int type, long value) {
    int at = starts[rows] + pending;
    if (at == values.length) {
      values = Arrays.copyOf(values, Math.multiplyExact(at, 2));
    }
    if (pending == elements.length) {
      elements = Arrays.copyOf(elements, pending * 2);
    }
    values[at] = value;
    elements[pending++] = key << 3 | type;
  }

  /** Ends a row. */
  public void end(AttributeShapes dictionary) {
    int shape = dictionary.add(elements, 0, pending);
    end(shape, pending);
  }

  private void end(int shape, int length) {
    if (rows == shapes.length) {
      shapes = Arrays.copyOf(shapes, rows * 2);
      starts = Arrays.copyOf(starts, rows * 2 + 1);
    }
    shapes[rows] = shape;
    starts[rows + 1] = starts[rows] + length;
    rows++;
    pending = 0;
  }

  /** Removes the attributes that were added to a row that must not be ended. */
  public void drop() {
    pending = 0;
  }

  /** Reserves space for values of a row and returns the position of the first. */
  public int reserve(int length) {
    int at = starts[rows];
    if (at + length > values.length) {
      values = Arrays.copyOf(values, Math.max(Math.multiplyExact(at, 2), at + length));
    }
    return at;
  }

  /** Ends a row whose values were stored at {@link #reserve}. */
  public void endReserved(int shape, int length) {
    end(shape, length);
  }

  /** Adds rows of shape 0 without values. */
  public void endEmpty(int n) {
    int room = Math.addExact(rows, n);
    if (room > shapes.length) {
      int size = Math.max(room, rows * 2);
      shapes = Arrays.copyOf(shapes, size);
      starts = Arrays.copyOf(starts, size + 1);
    }
    Arrays.fill(shapes, rows, room, 0);
    Arrays.fill(starts, rows + 1, room + 1, starts[rows]);
    rows = room;
    pending = 0;
  }
}
