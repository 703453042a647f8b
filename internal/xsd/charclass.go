package xsd

import (
	"slices"
	"unicode"
)

// class is a set of characters: pairs of first and last, in order, not touching.
type class []rune

const maxRune = unicode.MaxRune

// newClass orders and joins ranges.
func newClass(pairs ...rune) class {
	type span struct{ lo, hi rune }
	spans := make([]span, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		spans = append(spans, span{pairs[i], pairs[i+1]})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.lo - b.lo) })
	var out class
	for _, s := range spans {
		if n := len(out); n > 0 && s.lo <= out[n-1]+1 {
			out[n-1] = max(out[n-1], s.hi)
			continue
		}
		out = append(out, s.lo, s.hi)
	}
	return out
}

func (c class) or(d class) class { return newClass(append(slices.Clone(c), d...)...) }

func (c class) not() class {
	var out class
	next := rune(0)
	for i := 0; i < len(c); i += 2 {
		if c[i] > next {
			out = append(out, next, c[i]-1)
		}
		next = c[i+1] + 1
	}
	if next <= maxRune {
		out = append(out, next, maxRune)
	}
	return out
}

func (c class) without(d class) class { return c.not().or(d).not() }

func (c class) has(r rune) bool {
	i, found := slices.BinarySearch(c, r)
	return found || i%2 == 1
}

// fromTables makes a class of Unicode tables.
func fromTables(tables ...*unicode.RangeTable) class {
	var pairs []rune
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			pairs = append(pairs, lo, hi)
			return
		}
		for r := lo; r <= hi; r += stride {
			pairs = append(pairs, r, r)
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return newClass(pairs...)
}

var (
	spaceClass     = newClass(' ', ' ', '\t', '\n', '\r', '\r')
	dotClass       = newClass('\n', '\n', '\r', '\r').not()
	nameStartClass = newClass(':', ':', 'A', 'Z', '_', '_', 'a', 'z', 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x2FF, 0x370, 0x37D, 0x37F, 0x1FFF,
		0x200C, 0x200D, 0x2070, 0x218F, 0x2C00, 0x2FEF, 0x3001, 0xD7FF, 0xF900, 0xFDCF, 0xFDF0, 0xFFFD, 0x10000, 0xEFFFF)
	nameClass = nameStartClass.or(newClass('-', '.', '0', '9', 0xB7, 0xB7, 0x300, 0x36F, 0x203F, 0x2040))
)

// escapeClass returns the class of \s, \i, \c, \d, \w and their opposites.
func escapeClass(r rune) (class, bool) {
	var c class
	switch unicode.ToLower(r) {
	case 's':
		c = spaceClass
	case 'i':
		c = nameStartClass
	case 'c':
		c = nameClass
	case 'd':
		c = fromTables(unicode.Nd)
	case 'w':
		c = fromTables(unicode.P, unicode.Z, unicode.C).or(unassigned()).not()
	default:
		return nil, false
	}
	if unicode.IsUpper(r) {
		c = c.not()
	}
	return c, true
}

// unassigned returns what no category holds: Cn.
func unassigned() class {
	return fromTables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C).not()
}

// propertyClass returns the class of \p{name}: a category or a block.
func propertyClass(name string) (class, bool) {
	if b, ok := blocks[name]; ok {
		return newClass(b[0], b[1]), true
	}
	if name == "Cn" {
		return unassigned(), true
	}
	t, ok := unicode.Categories[name]
	if !ok || len(name) > 2 {
		return nil, false
	}
	c := fromTables(t)
	if name == "C" {
		c = c.or(unassigned())
	}
	return c, true
}

// blocks of XML Schema part 2, appendix F.1.1.
var blocks = map[string][2]rune{
	"IsBasicLatin": {0, 0x7F}, "IsLatin-1Supplement": {0x80, 0xFF}, "IsLatinExtended-A": {0x100, 0x17F}, "IsLatinExtended-B": {0x180, 0x24F},
	"IsIPAExtensions": {0x250, 0x2AF}, "IsSpacingModifierLetters": {0x2B0, 0x2FF}, "IsCombiningDiacriticalMarks": {0x300, 0x36F},
	"IsGreek": {0x370, 0x3FF}, "IsGreekandCoptic": {0x370, 0x3FF}, "IsCyrillic": {0x400, 0x4FF}, "IsArmenian": {0x530, 0x58F}, "IsHebrew": {0x590, 0x5FF},
	"IsArabic": {0x600, 0x6FF}, "IsSyriac": {0x700, 0x74F}, "IsThaana": {0x780, 0x7BF}, "IsDevanagari": {0x900, 0x97F}, "IsBengali": {0x980, 0x9FF},
	"IsGurmukhi": {0xA00, 0xA7F}, "IsGujarati": {0xA80, 0xAFF}, "IsOriya": {0xB00, 0xB7F}, "IsTamil": {0xB80, 0xBFF}, "IsTelugu": {0xC00, 0xC7F},
	"IsKannada": {0xC80, 0xCFF}, "IsMalayalam": {0xD00, 0xD7F}, "IsSinhala": {0xD80, 0xDFF}, "IsThai": {0xE00, 0xE7F}, "IsLao": {0xE80, 0xEFF},
	"IsTibetan": {0xF00, 0xFFF}, "IsMyanmar": {0x1000, 0x109F}, "IsGeorgian": {0x10A0, 0x10FF}, "IsHangulJamo": {0x1100, 0x11FF},
	"IsEthiopic": {0x1200, 0x137F}, "IsCherokee": {0x13A0, 0x13FF}, "IsKhmer": {0x1780, 0x17FF}, "IsMongolian": {0x1800, 0x18AF},
	"IsLatinExtendedAdditional": {0x1E00, 0x1EFF}, "IsGreekExtended": {0x1F00, 0x1FFF}, "IsGeneralPunctuation": {0x2000, 0x206F},
	"IsSuperscriptsandSubscripts": {0x2070, 0x209F}, "IsCurrencySymbols": {0x20A0, 0x20CF}, "IsLetterlikeSymbols": {0x2100, 0x214F},
	"IsNumberForms": {0x2150, 0x218F}, "IsArrows": {0x2190, 0x21FF}, "IsMathematicalOperators": {0x2200, 0x22FF},
	"IsMiscellaneousTechnical": {0x2300, 0x23FF}, "IsBoxDrawing": {0x2500, 0x257F}, "IsBlockElements": {0x2580, 0x259F},
	"IsGeometricShapes": {0x25A0, 0x25FF}, "IsMiscellaneousSymbols": {0x2600, 0x26FF}, "IsDingbats": {0x2700, 0x27BF},
	"IsCJKSymbolsandPunctuation": {0x3000, 0x303F}, "IsHiragana": {0x3040, 0x309F}, "IsKatakana": {0x30A0, 0x30FF}, "IsBopomofo": {0x3100, 0x312F},
	"IsCJKUnifiedIdeographs": {0x4E00, 0x9FFF}, "IsHangulSyllables": {0xAC00, 0xD7A3}, "IsPrivateUse": {0xE000, 0xF8FF},
	"IsCJKCompatibilityIdeographs": {0xF900, 0xFAFF}, "IsArabicPresentationForms-A": {0xFB50, 0xFDFF}, "IsCombiningHalfMarks": {0xFE20, 0xFE2F},
	"IsArabicPresentationForms-B": {0xFE70, 0xFEFE}, "IsHalfwidthandFullwidthForms": {0xFF00, 0xFFEF}, "IsSpecials": {0xFFF0, 0xFFFD},
}
