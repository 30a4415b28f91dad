package dev.tethys.collect.observe.protocol;

/** Protocols on top of HTTP; their requests count as HTTP requests as well. */
public enum HttpApi implements MeasuredProtocol {
  /** Elasticsearch and OpenSearch. */
  ELASTICSEARCH("elasticsearch", "queries"),
  /** Amazon's object storage, and others with a compatible API. */
  S3("s3", "requests"),
  /** Queues of Amazon. */
  SQS("sqs", "requests"),
  GRAPHQL("graphql", "requests"),
  /** JSON-RPC 2.0, so that of the Model Context Protocol too. */
  JSONRPC("jsonrpc", "requests"),
  /** Calls to generative AI models. */
  GENAI("genai", "requests");

  private final String family;
  private final String unit;

  HttpApi(String family, String unit) {
    this.family = family;
    this.unit = unit;
  }

  @Override
  public String family() {
    return family;
  }

  @Override
  public String unit() {
    return unit;
  }

  @Override
  public boolean oneWay() {
    return false;
  }
}
