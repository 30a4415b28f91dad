/** Tests of the collector role. */
@NullMarked
package dev.tethys.app.collector;

import org.jspecify.annotations.NullMarked;
