/** Which service asks which, as metrics: what clients and servers say of the same request. */
@NullMarked
package dev.tethys.pipeline.processor.connector.servicegraph;

import org.jspecify.annotations.NullMarked;
