package dev.tethys.collect.observe.protocol;

import static java.util.Objects.requireNonNull;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Calls of generative models, in the forms of OpenAI, Anthropic, Gemini, Bedrock and Ollama.
 *
 * <p>The path, the request body and the response must be of one form. Of the bodies only the model,
 * the numbers of tokens and the kind of an error are kept.
 */
final class GenAiApi extends HttpApiReader {
  private enum Form {
    OPENAI,
    ANTHROPIC,
    GEMINI,
    BEDROCK,
    OLLAMA
  }

  /** Providers of the form of OpenAI by the end of their host. */
  private static final Map<String, String> PROVIDERS =
      Map.ofEntries(
          Map.entry("openai.azure.com", "azure.ai.openai"),
          Map.entry("services.ai.azure.com", "azure.ai.inference"),
          Map.entry("mistral.ai", "mistral_ai"),
          Map.entry("groq.com", "groq"),
          Map.entry("deepseek.com", "deepseek"),
          Map.entry("x.ai", "x_ai"),
          Map.entry("perplexity.ai", "perplexity"),
          Map.entry("cohere.com", "cohere"),
          Map.entry("cohere.ai", "cohere"),
          Map.entry("googleapis.com", "gcp.gemini"));

  private static final Set<String> INPUTS =
      Set.of("messages", "prompt", "input", "contents", "content", "requests", "inputText");

  /** Members of responses by form. */
  private static final Map<Form, Set<String>> ANSWERS =
      Map.of(
          Form.OPENAI, Set.of("choices", "usage", "response", "output"),
          Form.ANTHROPIC, Set.of("usage", "message", "delta", "stop_reason", "error"),
          Form.GEMINI, Set.of("candidates", "usageMetadata", "embedding", "embeddings", "error"),
          Form.BEDROCK, Set.of("usage", "output", "content", "message", "completion", "results"),
          Form.OLLAMA, Set.of("done", "eval_count", "embeddings", "embedding"));

  private static final Map<String, Boolean> TOKENS = // true for those that were read
      Map.ofEntries(
          Map.entry("usage.prompt_tokens", true),
          Map.entry("usage.completion_tokens", false),
          Map.entry("usage.input_tokens", true),
          Map.entry("usage.output_tokens", false),
          Map.entry("usage.inputTokens", true),
          Map.entry("usage.outputTokens", false),
          Map.entry("message.usage.input_tokens", true),
          Map.entry("message.usage.output_tokens", false),
          Map.entry("response.usage.input_tokens", true),
          Map.entry("response.usage.output_tokens", false),
          Map.entry("usageMetadata.promptTokenCount", true),
          Map.entry("usageMetadata.candidatesTokenCount", false),
          Map.entry("prompt_eval_count", true),
          Map.entry("eval_count", false));

  private static final Set<String> MODELS =
      Set.of("model", "message.model", "response.model", "modelVersion");

  private static final Set<String> ENTERED =
      Set.of(
          "usage",
          "message",
          "message.usage",
          "response",
          "response.usage",
          "usageMetadata",
          "error");

  private final Form form;
  private final String provider;
  private final String operation;
  private String model;
  private boolean asked;
  private boolean answered;
  private String answeredBy = "";
  private String error = "";
  private boolean failed;
  private long input = ApiCall.UNKNOWN;
  private long output = ApiCall.UNKNOWN;

  private GenAiApi(Form form, String provider, String operation, String model) {
    this.form = form;
    this.provider = provider;
    this.operation = operation;
    this.model = model;
  }

  /** Reader of a request with one of the paths; otherwise null. */
  static @Nullable GenAiApi of(String method, String path, ApiHead head) {
    if (!method.equals("POST") || !head.isJson()) {
      return null;
    }
    if (path.endsWith("/v1/messages") && head.anthropic) {
      return new GenAiApi(Form.ANTHROPIC, "anthropic", "chat", "");
    }
    int colon = path.lastIndexOf(':');
    int models = path.lastIndexOf("/models/");
    if (models >= 0 && colon > models) {
      String operation =
          switch (path.substring(colon + 1)) {
            case "generateContent", "streamGenerateContent" -> "generate_content";
            case "embedContent", "batchEmbedContents" -> "embeddings";
            default -> "";
          };
      String provider =
          head.host.contains("aiplatform.googleapis.com") ? "gcp.vertex_ai" : "gcp.gemini";
      return operation.isEmpty()
          ? null
          : new GenAiApi(
              Form.GEMINI, provider, operation, ApiCall.name(path.substring(models + 8, colon)));
    }
    if (path.startsWith("/model/") && head.amazonService.equals("bedrock")) {
      int end = path.indexOf('/', 7);
      boolean converse = path.endsWith("/converse") || path.endsWith("/converse-stream");
      boolean invoke = path.endsWith("/invoke") || path.endsWith("/invoke-with-response-stream");
      return end > 0 && (converse || invoke)
          ? new GenAiApi(
              Form.BEDROCK,
              "aws.bedrock",
              converse ? "chat" : "text_completion",
              ApiCall.name(path.substring(7, end).replace("%3A", ":")))
          : null;
    }
    String ollama =
        switch (path) {
          case "/api/chat" -> "chat";
          case "/api/generate" -> "text_completion";
          case "/api/embed", "/api/embeddings" -> "embeddings";
          default -> "";
        };
    if (!ollama.isEmpty()) {
      return new GenAiApi(Form.OLLAMA, "ollama", ollama, "");
    }
    String operation =
        path.endsWith("/chat/completions")
            ? "chat"
            : path.endsWith("/completions")
                ? "text_completion"
                : path.endsWith("/embeddings")
                    ? "embeddings"
                    : path.endsWith("/responses") ? "chat" : "";
    return operation.isEmpty()
        ? null
        : new GenAiApi(Form.OPENAI, provider(head.host), operation, deployment(path));
  }

  private static String provider(String host) {
    int colon = host.indexOf(':');
    String name = colon < 0 ? host : host.substring(0, colon);
    for (Map.Entry<String, String> e : PROVIDERS.entrySet()) {
      if (name.equals(e.getKey()) || name.endsWith("." + e.getKey())) {
        return e.getValue();
      }
    }
    return "openai"; // others do not differ from it
  }

  /** Model in a path of Azure; otherwise empty. */
  private static String deployment(String path) {
    int at = path.indexOf("/deployments/");
    int end = at < 0 ? -1 : path.indexOf('/', at + 13);
    return end < 0 ? "" : ApiCall.name(path.substring(at + 13, end));
  }

  @Override
  int wantedOfRequest(String name) {
    return name.equals("model") ? ApiCall.LONGEST_NAME + 1 : 0;
  }

  @Override
  void request(String name, char kind, String text) {
    if (name.equals("model") && kind == '"') {
      model = ApiCall.name(text);
    }
    asked |= INPUTS.contains(name);
  }

  @Override
  boolean isRefuted() {
    return false;
  }

  @Override
  int wantedOfAnswer(String name) {
    return MODELS.contains(name) || name.startsWith("error.")
        ? ApiCall.LONGEST_NAME + 1
        : TOKENS.containsKey(name) ? 20 : 0;
  }

  @Override
  boolean entersAnswer(String name) {
    return ENTERED.contains(name);
  }

  @Override
  void answer(String name, char kind, String text) {
    Boolean tokens = TOKENS.get(name);
    if (tokens != null) {
      long n = number(text);
      // Streams report running totals: the last one counts.
      if (n >= 0 && tokens) {
        input = n;
      } else if (n >= 0) {
        output = n;
      }
      answered |= form != Form.OLLAMA || name.endsWith("eval_count");
    } else if (MODELS.contains(name)) {
      answeredBy = ApiCall.name(text);
    } else if (name.equals("error")) {
      failed |= kind != 'n';
      answered |= requireNonNull(ANSWERS.get(form)).contains(name);
    } else if (name.equals("error.type") || name.equals("error.code") && error.isEmpty()) {
      error = kind == 'n' ? error : ApiCall.name(text);
    } else {
      answered |= requireNonNull(ANSWERS.get(form)).contains(name);
    }
  }

  private static long number(String text) {
    if (text.isEmpty() || text.length() > 15) {
      return ApiCall.UNKNOWN;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return ApiCall.UNKNOWN;
      }
    }
    return Long.parseLong(text);
  }

  @Override
  @Nullable ApiCall call(int status, ApiHead head, @Nullable ApiBody request, ApiBody body) {
    boolean readable = body.wasRead() && !body.isWrong();
    boolean modelKnown = !model.isEmpty() || !answeredBy.isEmpty() || form == Form.BEDROCK;
    if (request == null || request.isWrong() || !asked || !modelKnown) {
      return null;
    }
    boolean fits = readable ? answered : form != Form.OLLAMA;
    if (!fits && (status < 400 || form == Form.OLLAMA && !failed)) {
      return null;
    }
    if (input < 0) {
      input = number(head.inputTokens);
      output = number(head.outputTokens);
    }
    boolean wrong = failed || status >= 400;
    return new ApiCall(
        HttpApi.GENAI,
        provider,
        operation,
        model.isEmpty() ? answeredBy : model,
        answeredBy,
        wrong ? Status.FAILED : Status.OK,
        !wrong ? "" : error.isEmpty() ? Integer.toString(status) : error,
        head.amazonRequestId,
        input,
        output);
  }
}
