package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A point of a gauge or a sum. */
public final class NumberDataPoint extends DataPoint {
  private byte valueKind;
  private long valueBits;
  private @Nullable ArrayList<Exemplar> exemplars;

  /** The exemplars, which may be changed in place. */
  public List<Exemplar> exemplars() {
    if (exemplars == null) {
      exemplars = new ArrayList<>(4);
    }
    return exemplars;
  }

  /** Whether {@link #exemplars()} has any; makes no list. */
  public boolean hasExemplars() {
    return exemplars != null && !exemplars.isEmpty();
  }

  /** Whether the value is a double. */
  public boolean isDouble() {
    return valueKind == DOUBLE;
  }

  /** Whether the value is an integer. */
  public boolean isInt() {
    return valueKind == INT;
  }

  /** The value as a double; 0 if there is none. */
  public double doubleValue() {
    return valueKind == DOUBLE ? Double.longBitsToDouble(valueBits) : valueBits;
  }

  /** The value as an integer, cut as Java casts; 0 if there is none. */
  public long longValue() {
    return valueKind == DOUBLE ? (long) Double.longBitsToDouble(valueBits) : valueBits;
  }

  public void setDouble(double value) {
    valueKind = DOUBLE;
    valueBits = Double.doubleToRawLongBits(value);
  }

  public void setLong(long value) {
    valueKind = INT;
    valueBits = value;
  }

  /** A deep copy. */
  @Override
  public NumberDataPoint copy() {
    NumberDataPoint c = new NumberDataPoint();
    c.copyCommon(this);
    c.valueKind = valueKind;
    c.valueBits = valueBits;
    if (exemplars != null) {
      for (Exemplar e : exemplars) {
        c.exemplars().add(e.copy());
      }
    }
    return c;
  }
}
