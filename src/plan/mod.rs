//! Everything decided: resolved axes, tags, stages with a source map, and their renderings.
