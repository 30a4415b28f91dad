package dev.tethys.codec.exposition;

import dev.tethys.model.GoQuote;
import org.jspecify.annotations.Nullable;

/** Chooses the parser for a scraped body. */
public final class ExpositionParsers {
  private static final String OPEN_METRICS = "application/openmetrics-text";
  private static final String PROTOBUF = "application/vnd.google.protobuf";
  private static final String TEXT = "text/plain";

  private ExpositionParsers() {}

  /**
   * Media type that selected the parser.
   *
   * @param mediaType one of the three that are known
   * @param warning reason for using the fallback, null if it was not used
   */
  public record Choice(String mediaType, @Nullable String warning) {}

  /** Parsed header of the previous call: most targets send the same one. */
  private record CachedChoice(String contentType, Choice choice) {}

  private static volatile @Nullable CachedChoice known;

  /**
   * Chooses the format of a body. A header that is missing, unreadable or of no known type leaves
   * it to the fallback.
   *
   * @param contentType the received header, {@code ""} if there was none
   * @throws ExpositionException if there is no fallback either; in Prometheus's words
   */
  public static Choice choose(String contentType, @Nullable ScrapeProtocol fallback) {
    CachedChoice before = known;
    if (before != null && before.contentType.equals(contentType)) {
      return before.choice;
    }
    String to = fallback == null ? "" : fallback.mediaType();
    if (contentType.isEmpty()) {
      if (fallback == null) {
        throw new ExpositionException(
            "non-compliant scrape target sending blank Content-Type and no"
                + " fallback_scrape_protocol specified for target");
      }
      return new Choice(
          to,
          "non-compliant scrape target sending blank Content-Type, using fallback_scrape_protocol "
              + GoQuote.quote(to));
    }
    String type;
    try {
      type = MediaType.parse(contentType).type();
    } catch (MediaType.Malformed e) {
      if (fallback == null) {
        throw new ExpositionException(
            "cannot parse Content-Type "
                + GoQuote.quote(contentType)
                + " and no fallback_scrape_protocol for target\n"
                + e.getMessage(),
            e);
      }
      return new Choice(
          to,
          "could not parse received Content-Type "
              + GoQuote.quote(contentType)
              + ", using fallback_scrape_protocol "
              + GoQuote.quote(to)
              + "\n"
              + e.getMessage());
    }
    if (type.equals(OPEN_METRICS) || type.equals(PROTOBUF) || type.equals(TEXT)) {
      Choice choice = new Choice(type, null);
      known = new CachedChoice(contentType, choice);
      return choice;
    }
    if (fallback == null) {
      throw new ExpositionException(
          "received unsupported Content-Type "
              + GoQuote.quote(contentType)
              + " and no fallback_scrape_protocol specified for target");
    }
    return new Choice(
        to,
        "received unsupported Content-Type "
            + GoQuote.quote(contentType)
            + ", using fallback_scrape_protocol "
            + GoQuote.quote(to));
  }

  /** Parser for a body of a media type returned by {@link #choose}. */
  public static ExpositionParser parser(
      String mediaType, byte[] body, int offset, int length, ParserOptions options) {
    return switch (mediaType) {
      case OPEN_METRICS -> openMetrics(body, offset, length, options);
      case PROTOBUF -> protobuf(body, offset, length, options);
      case TEXT -> text(body, offset, length, options);
      default -> throw new IllegalArgumentException("no parser for " + mediaType);
    };
  }

  /** A parser of text 0.0.4 or 1.0.0. */
  public static ExpositionParser text(byte[] body, int offset, int length, ParserOptions options) {
    return converting(
        new PrometheusTextParser(body, offset, length, options.typeAndUnitLabels()), options);
  }

  /** A parser of OpenMetrics 0.0.1 or 1.0.0. */
  public static ExpositionParser openMetrics(
      byte[] body, int offset, int length, ParserOptions options) {
    return converting(
        new OpenMetricsParser(
            body, offset, length, options.startTimestamps(), options.typeAndUnitLabels()),
        options);
  }

  /** A parser of delimited protobuf. */
  public static ExpositionParser protobuf(
      byte[] body, int offset, int length, ParserOptions options) {
    return new ProtobufParser(body, offset, length, options);
  }

  private static ExpositionParser converting(ExpositionParser parser, ParserOptions options) {
    return options.convertClassicHistograms()
        ? new ClassicHistogramConverter(parser, options.keepClassicHistograms())
        : parser;
  }
}
