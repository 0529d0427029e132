// Controls side by side that go on in a further row where the width ends, as words do: a panel stays usable when it is narrow.
#pragma once

#include <QLayout>

#include <vector>

namespace selfsight {

class FlowLayout : public QLayout {
public:
    explicit FlowLayout(QWidget* parent = nullptr);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override;
    int count() const override { return static_cast<int>(m_items.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return {}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSize() const override;
    void setGeometry(const QRect& area) override;

private:
    /// Places the items into `area`, or only finds out where they end. Returns the height that they need.
    int arrange(const QRect& area, bool moves) const;

    std::vector<QLayoutItem*> m_items;
};

}  // namespace selfsight
