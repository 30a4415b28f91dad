/** Form of samples in documents of Elasticsearch and OpenSearch. */
@NullMarked
package dev.tethys.codec.elastic;

import org.jspecify.annotations.NullMarked;
