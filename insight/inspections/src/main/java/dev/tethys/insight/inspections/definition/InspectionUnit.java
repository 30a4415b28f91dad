package dev.tethys.insight.inspections.definition;

import java.util.Locale;

/** Unit of inspection values, with human-readable formatting. */
public enum InspectionUnit {
  COUNT {
    @Override
    public String format(double v) {
      return number(v);
    }
  },
  PERCENT {
    @Override
    public String format(double v) {
      return number(v) + " %";
    }
  },
  SECONDS {
    @Override
    public String format(double v) {
      double s = Math.abs(v);
      if (s < 1e-3) {
        return number(v * 1e6) + " µs";
      } else if (s < 1) {
        return number(v * 1e3) + " ms";
      } else if (s < 120) {
        return number(v) + " s";
      } else if (s < 7200) {
        return number(v / 60) + " min";
      }
      return s < 172_800 ? number(v / 3600) + " h" : number(v / 86_400) + " d";
    }
  },
  /** Seconds of something in each second. */
  SECONDS_PER_SECOND {
    @Override
    public String format(double v) {
      return number(v) + " s/s";
    }
  },
  PER_SECOND {
    @Override
    public String format(double v) {
      return number(v) + "/s";
    }
  },
  BYTES {
    @Override
    public String format(double v) {
      double left = v;
      int unit = 0;
      while (Math.abs(left) >= 1024 && unit < BYTE_UNITS.length - 1) {
        left /= 1024;
        unit++;
      }
      return number(left) + " " + BYTE_UNITS[unit];
    }
  };

  private static final String[] BYTE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

  private final String text = name().toLowerCase(Locale.ROOT);

  /** Name in files and responses. */
  public String text() {
    return text;
  }

  /** Value with its unit, such as {@code 350 ms}. */
  public abstract String format(double v);

  /** Three significant digits for values below 100, whole numbers above. */
  private static String number(double v) {
    if (!Double.isFinite(v)) {
      return String.valueOf(v);
    }
    double size = Math.abs(v);
    int digits = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
    String s = String.format(Locale.ROOT, "%." + digits + "f", v);
    return s.contains(".") ? s.replaceAll("0+$", "").replaceAll("\\.$", "") : s;
  }
}
