package dev.tethys.codec.remote;

/** Element of a time series that a reader is positioned at. */
public enum SeriesEvent {
  /** A float: {@code timestamp()}, {@code value()}. */
  SAMPLE,
  /** A native histogram: {@code timestamp()}, {@code histogram()}. */
  HISTOGRAM,
  /** An exemplar: {@code exemplar()}. */
  EXEMPLAR,
  /** End of the series. */
  END
}
