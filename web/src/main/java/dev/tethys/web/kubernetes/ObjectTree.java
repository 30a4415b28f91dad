package dev.tethys.web.kubernetes;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads an object of a list or a watch as a tree, within a limit. Left out are the managed fields,
 * often half of an object, which only writers need.
 */
final class ObjectTree {
  /**
   * Most characters of an object, with a charge for each value; the store of the API has 1.5 MB.
   */
  static final int MAX_CHARS = 16 << 20;

  private static final int VALUE = 16;
  private static final String UNUSED = "managedFields";

  private final JsonParser parser;
  private long left = MAX_CHARS;

  ObjectTree(JsonParser parser) {
    this.parser = parser;
  }

  /** Whether values beyond the limit were left out. */
  boolean isCut() {
    return left < 0;
  }

  /** Reads the value at the current token of the parser, to its end. */
  JsonNode read() {
    JsonToken t = parser.currentToken();
    if (isCut()) {
      parser.skipChildren();
      return NullNode.getInstance();
    }
    if (t == JsonToken.START_OBJECT) {
      charge(0);
      ObjectNode out = JsonNodeFactory.instance.objectNode();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        charge(name.length());
        parser.nextToken();
        if (name.equals(UNUSED)) {
          parser.skipChildren();
        } else {
          out.set(name, read());
        }
      }
      return out;
    }
    if (t == JsonToken.START_ARRAY) {
      charge(0);
      ArrayNode out = JsonNodeFactory.instance.arrayNode();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        out.add(read());
      }
      return out;
    }
    charge(t == JsonToken.VALUE_STRING ? parser.getStringLength() : 0);
    return isCut() ? NullNode.getInstance() : parser.readValueAsTree();
  }

  private void charge(int chars) {
    left -= chars + VALUE;
  }
}
