package dev.tethys.codec.remote;

/** What a reader of a time series stands on. */
public enum SeriesEvent {
  /** A float: {@code timestamp()}, {@code value()}. */
  SAMPLE,
  /** A native histogram: {@code timestamp()}, {@code histogram()}. */
  HISTOGRAM,
  /** An exemplar: {@code exemplar()}. */
  EXEMPLAR,
  /** Nothing more in this series. */
  END
}
