@NullMarked
package dev.tethys.api.insight;

import org.jspecify.annotations.NullMarked;
