/** TDengine 3 as a destination of metrics, over its REST interface. */
@NullMarked
package dev.tethys.pipeline.destination.tdengine;

import org.jspecify.annotations.NullMarked;
