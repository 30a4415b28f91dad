@NullMarked
package dev.tethys.insight.source;

import org.jspecify.annotations.NullMarked;
