package engine_test

import (
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	enginetest.Log(t, func(*testing.T) engine.Log { return engine.NewMemory(nil) })
}

func TestScratchCopy(t *testing.T) {
	t.Parallel()
	enginetest.Log(t, func(*testing.T) engine.Log { return engine.NewMemory(engine.NewMemory(nil)) })
}
