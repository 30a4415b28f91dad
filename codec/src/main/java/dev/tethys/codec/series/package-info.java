/** How series stand in databases that know nothing of labels: a text and a key for each. */
@NullMarked
package dev.tethys.codec.series;

import org.jspecify.annotations.NullMarked;
