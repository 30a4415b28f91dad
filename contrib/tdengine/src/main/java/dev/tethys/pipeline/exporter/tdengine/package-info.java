/** TDengine 3 as a destination of metrics, over its REST interface. */
@NullMarked
package dev.tethys.pipeline.exporter.tdengine;

import org.jspecify.annotations.NullMarked;
