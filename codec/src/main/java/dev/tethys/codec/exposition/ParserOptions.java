package dev.tethys.codec.exposition;

/**
 * Parser options.
 *
 * @param startTimestamps whether {@code _created} samples of OpenMetrics set {@link
 *     ExpositionParser#startTimestamp()} instead of becoming series
 * @param nativeHistograms whether native histograms are read; otherwise only their classic part is,
 *     and one without classic buckets has just +Inf
 * @param convertClassicHistograms whether classic histograms become native ones with custom buckets
 * @param keepClassicHistograms classic series are returned also where a native histogram exists
 * @param typeAndUnitLabels series carry {@code __type__} and {@code __unit__}
 */
public record ParserOptions(
    boolean startTimestamps,
    boolean nativeHistograms,
    boolean convertClassicHistograms,
    boolean keepClassicHistograms,
    boolean typeAndUnitLabels) {
  /** Reads native histograms without conversions. */
  public static final ParserOptions DEFAULT = new ParserOptions(false, true, false, false, false);
}
